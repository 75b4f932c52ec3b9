import {
  Alert,
  Box,
  Button,
  Code,
  Divider,
  Group,
  NumberInput,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import { IconRefresh, IconWebhook } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import {
  changeHookMutation,
  getHookOptions,
  getHookQueryKey,
  type HookFacts,
  makeHookMutation,
  removeHookMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { ShownOnce } from '../../parts/ShownOnce'
import { sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { hooks as t } from '../../text/hooks'
import { useOpenWorkflow } from '../page'
import { Deliveries } from './Deliveries'
import { Signature } from './Signature'
import { sampleOf } from './sample'

/** A workflow's address for other programs: made and ended here; what came to it lately. */
export function HookPanel({ variables }: { variables: unknown }) {
  const { workflow } = useOpenWorkflow()
  const path = { key: workflow.key }
  const found = useQuery(getHookOptions({ path }))
  const [address, setAddress] = useState<string | null>(null)
  const cache = useQueryClient()
  const adopt = (facts: HookFacts) => cache.setQueryData(getHookQueryKey({ path }), facts)
  const make = useMutation({
    ...makeHookMutation(),
    onSuccess: ({ path: where, ...facts }) => {
      adopt(facts)
      setAddress(window.location.origin + where)
    },
    onError: (error) => sayProblem(error),
  })
  const remake = async () => {
    if (await confirm({ title: t.againTitle, about: t.againAbout, yes: t.again, danger: true }))
      make.mutate({ path })
  }
  return (
    <Box component="section" aria-label={t.title} data-testid="hook" mt="md">
      <Divider mb="sm" />
      <Group gap={6} mb={4}>
        <IconWebhook size={17} aria-hidden />
        <Title order={3} size="sm">
          {t.title}
        </Title>
      </Group>
      <Text size="xs" c="dimmed" mb="sm">
        {t.about}
      </Text>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={90} />}
      {found.data && (
        <Stack gap="sm">
          {address && (
            <>
              <Alert color="yellow" p="xs">
                {t.once}
              </Alert>
              <ShownOnce label={t.address} value={address} />
            </>
          )}
          {found.data.made_at === null ? (
            <>
              <Text size="sm">{t.none}</Text>
              <Button
                size="xs"
                variant="default"
                loading={make.isPending}
                onClick={() => make.mutate({ path })}
              >
                {t.make}
              </Button>
            </>
          ) : (
            <Made
              facts={found.data}
              onAgain={remake}
              busy={make.isPending}
              onChange={adopt}
              onGone={() => setAddress(null)}
            />
          )}
          {workflow.active_version === null && (
            <Text size="xs" c="dimmed">
              {t.notPublished}
            </Text>
          )}
          <Example variables={variables} />
          {found.data.made_at !== null && <Deliveries workflow={workflow.key} />}
        </Stack>
      )}
    </Box>
  )
}

interface MadeProps {
  facts: HookFacts
  busy: boolean
  onAgain: () => void
  onChange: (facts: HookFacts) => void
  onGone: () => void
}

/** What is known of the address, and what can be done with it. */
function Made({ facts, busy, onAgain, onChange, onGone }: MadeProps) {
  const { workflow } = useOpenWorkflow()
  const path = { key: workflow.key }
  const cache = useQueryClient()
  const remove = useMutation({
    ...removeHookMutation(),
    onSuccess: () => {
      onGone()
      return cache.invalidateQueries({ queryKey: getHookQueryKey({ path }) })
    },
    onError: (error) => sayProblem(error),
  })
  const end = async () => {
    if (await confirm({ title: t.removeTitle, about: t.removeAbout, yes: t.remove, danger: true }))
      remove.mutate({ path })
  }
  return (
    <>
      <Text size="sm" component="div">
        {t.begins} <Code>{facts.hint}</Code>
      </Text>
      <Text size="xs" c="dimmed" component="div">
        {t.made} <When at={facts.made_at} /> {facts.made_by && t.by(facts.made_by)} · {t.used}{' '}
        {facts.used_at ? <When at={facts.used_at} /> : t.never.toLowerCase()}
      </Text>
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={busy}
          onClick={onAgain}
        >
          {t.again}
        </Button>
        <Button size="compact-sm" variant="subtle" color="red" onClick={end} loading={remove.isPending}>
          {t.remove}
        </Button>
      </Group>
      <Rate facts={facts} onChange={onChange} />
      <Signature facts={facts} onChange={onChange} />
    </>
  )
}

/** How much is taken in a minute; saved when the field is left. */
function Rate({ facts, onChange }: { facts: HookFacts; onChange: (facts: HookFacts) => void }) {
  const { workflow } = useOpenWorkflow()
  const [many, setMany] = useState<number | string>(facts.per_minute)
  const change = useMutation({
    ...changeHookMutation(),
    onSuccess: onChange,
    onError: (error) => sayProblem(error),
  })
  const save = () => {
    if (typeof many === 'number' && many !== facts.per_minute)
      change.mutate({ path: { key: workflow.key }, body: { per_minute: many } })
  }
  return (
    <NumberInput
      label={t.perMinute}
      size="xs"
      min={1}
      max={6000}
      allowDecimal={false}
      value={many}
      onChange={setMany}
      onBlur={save}
    />
  )
}

function Example({ variables }: { variables: unknown }) {
  const text = useMemo(() => JSON.stringify(sampleOf(variables), null, 2), [variables])
  return (
    <Box>
      <Text size="sm" fw={500}>
        {t.example}
      </Text>
      <Text size="xs" c="dimmed" mb={4}>
        {t.exampleAbout}
      </Text>
      <Code
        block
        style={{ whiteSpace: 'pre-wrap', wordBreak: 'break-word' }}
        tabIndex={0}
        aria-label={t.example}
      >
        {text}
      </Code>
    </Box>
  )
}
