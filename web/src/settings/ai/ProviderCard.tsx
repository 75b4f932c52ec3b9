import { Alert, Badge, Button, Group, Paper, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  type AiProviderOut,
  api,
  listAiProvidersQueryKey,
  type TriedProvider,
  testAiProviderMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { format } from '../../text'
import { ai as words } from '../../text/ai'
import classes from './ai.module.css'
import { useShowProviders } from './useProviders'

interface Props {
  provider: AiProviderOut
  /** Whether it is asked where a block names none. */
  first: boolean
  onEdit: () => void
}

/** One provider: what it is, and whether it answers. */
export function ProviderCard({ provider, first, onEdit }: Props) {
  const test = useMutation(testAiProviderMutation())
  return (
    <Paper p="md" mb="md" className="surface" component="section" aria-label={provider.name}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Title order={2} className={classes.name}>
              {provider.name}
            </Title>
            {first && (
              <Badge variant="light" title={words.firstAbout}>
                {words.first}
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed">
            {words.shortKinds[provider.kind]} · {provider.model}
          </Text>
        </div>
        <Button variant="default" size="xs" onClick={onEdit}>
          {words.edit}
        </Button>
      </Group>
      <Facts provider={provider} />
      <Group gap="xs" mt="sm">
        <Button
          variant="default"
          size="xs"
          loading={test.isPending}
          onClick={() => test.mutate({ path: { key: provider.key } })}
        >
          {words.test}
        </Button>
        {!first && <MakeFirst provider={provider} />}
        <Remove provider={provider} />
      </Group>
      <div aria-live="polite">
        {test.data && <Answered tried={test.data} />}
        {test.error && <Problem error={test.error} title={words.tested.failed} />}
      </div>
    </Paper>
  )
}

function Facts({ provider }: { provider: AiProviderOut }) {
  const { price_input: input, price_output: output, currency } = provider
  const price =
    input === null || output === null
      ? words.noPrice
      : words.prices(format.money(input, currency), format.money(output, currency))
  const facts: [string, string][] = [
    [words.address, provider.url ?? ''],
    [words.key, provider.has_key ? words.hasKey : words.noKey],
    [words.pictures, provider.images ? words.picturesYes : words.picturesNo],
    [words.price, price],
  ]
  return (
    <dl className={classes.facts}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const COLORS = { answered: 'green', busy: 'orange', failed: 'red' } as const

function Answered({ tried }: { tried: TriedProvider }) {
  const { input_tokens: input, output_tokens: output, cost, currency } = tried
  return (
    <Alert mt="sm" color={COLORS[tried.status]} title={words.tested[tried.status]}>
      {tried.message}
      {input !== null && output !== null && (
        <Text size="xs" mt={4}>
          {words.used(input, output, tried.seconds)}
          {cost !== null && ` · ${cost} ${currency}`}
        </Text>
      )}
    </Alert>
  )
}

function MakeFirst({ provider }: { provider: AiProviderOut }) {
  const show = useShowProviders()
  const move = useMutation({
    mutationFn: () => api.setFirstAiProvider({ path: { key: provider.key }, throwOnError: true }),
    onSuccess: ({ data }) => {
      show(data)
      sayDone(words.madeFirst(provider.name))
    },
    onError: (error) => sayProblem(error),
  })
  return (
    <Button variant="subtle" size="xs" loading={move.isPending} onClick={() => move.mutate()}>
      {words.makeFirst}
    </Button>
  )
}

function Remove({ provider }: { provider: AiProviderOut }) {
  const cache = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.removeAiProvider({ path: { key: provider.key }, throwOnError: true }),
    onSuccess: () => {
      sayDone(words.removed(provider.name))
      cache.invalidateQueries({ queryKey: listAiProvidersQueryKey() })
    },
    onError: (error) => sayProblem(error),
  })
  const ask = async () => {
    const asked = {
      title: words.removeTitle(provider.name),
      about: words.removeAbout,
      yes: words.remove,
      danger: true,
    }
    if (await confirm(asked)) remove.mutate()
  }
  return (
    <Button variant="subtle" color="red" size="xs" loading={remove.isPending} onClick={ask}>
      {words.remove}
    </Button>
  )
}
