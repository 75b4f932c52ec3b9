import {
  Button,
  Collapse,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type AiProviderIn, type AiProviderOut, api } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { ai } from '../../text/ai'
import { type Draft, draftOf, freeKey, KINDS, kindOf, toSend } from './draft'
import { useShowProviders } from './useProviders'

const words = ai.form

interface Props {
  provider: AiProviderOut | null
  /** The keys that others have. */
  taken: string[]
  onDone: () => void
}

/** One provider, new or changed. */
export function ProviderForm({ provider, taken, onDone }: Props) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(provider))
  const [more, setMore] = useState(false)
  const show = useShowProviders()
  const save = useMutation({
    mutationFn: (body: AiProviderIn) => {
      const key = provider?.key ?? freeKey(body.name, taken)
      return api.setAiProvider({ path: { key }, body, throwOnError: true })
    },
    onSuccess: ({ data }) => {
      show(data)
      sayDone(ai.saved(draft.name))
      onDone()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(toSend(draft))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {problem && <Problem error={problem} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label={words.name}
            description={words.nameAbout}
            required
            data-autofocus
            value={draft.name}
            error={problem?.at('/name')}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Select
            label={words.kind}
            description={words.kindAbout}
            data={KINDS.map((value) => ({ value, label: ai.kinds[value] }))}
            allowDeselect={false}
            value={draft.kind}
            onChange={(value) => set({ kind: kindOf(value) })}
          />
        </SimpleGrid>
        <TextInput
          label={words.model}
          description={words.modelAbout[draft.kind]}
          required
          value={draft.model}
          error={problem?.at('/model')}
          onChange={(event) => set({ model: event.currentTarget.value.trim() })}
        />
        <TextInput
          label={words.address}
          description={words.addressAbout[draft.kind]}
          value={draft.base_url}
          error={problem?.at('/base_url')}
          onChange={(event) => set({ base_url: event.currentTarget.value.trim() })}
        />
        <Text size="xs" c="dimmed">
          {words.addressOwn}
        </Text>
        <PasswordInput
          label={words.key}
          description={provider?.has_key ? words.keyKept : words.keyAbout}
          autoComplete="new-password"
          value={draft.api_key}
          error={problem?.at('/api_key')}
          onChange={(event) => set({ api_key: event.currentTarget.value.trim() })}
        />
        <Switch
          label={words.images}
          checked={draft.images}
          onChange={(event) => set({ images: event.currentTarget.checked })}
        />
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          ml={-8}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {words.more}
        </Button>
        <Collapse expanded={more}>
          <More draft={draft} set={set} at={(path) => problem?.at(path)} />
        </Collapse>
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface MoreProps {
  draft: Draft
  set: (change: Partial<Draft>) => void
  at: (path: string) => string | undefined
}

/** What is rarely needed: prices, patience, how the answer is asked for. */
function More({ draft, set, at }: MoreProps) {
  const number = (name: 'price_input' | 'price_output' | 'timeout_seconds' | 'max_tokens') => ({
    value: draft[name],
    error: at(`/${name}`),
    min: 0,
    onChange: (value: string | number) => set({ [name]: value }),
  })
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <NumberInput label={words.price_input} decimalScale={6} {...number('price_input')} />
      <NumberInput label={words.price_output} decimalScale={6} {...number('price_output')} />
      <TextInput
        label={words.currency}
        value={draft.currency}
        maxLength={3}
        error={at('/currency')}
        onChange={(event) => set({ currency: event.currentTarget.value.toUpperCase() })}
      />
      <NumberInput
        label={words.timeout}
        description={words.timeoutAbout}
        {...number('timeout_seconds')}
        max={280}
      />
      <NumberInput
        label={words.max_tokens}
        description={words.max_tokensAbout}
        allowDecimal={false}
        {...number('max_tokens')}
      />
      <Select
        label={words.answer_as}
        data={Object.entries(words.answerAs).map(([value, label]) => ({ value, label }))}
        allowDeselect={false}
        value={draft.answer_as}
        onChange={(value) => set({ answer_as: value ?? 'auto' })}
      />
    </SimpleGrid>
  )
}
