import { Anchor, Button, Code, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, type Kept, listSecretsQueryKey } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { ShownOnce } from '../../parts/ShownOnce'
import { sayDone } from '../../parts/saying'
import { connections as words } from '../../text/connections'

interface Props {
  /** The secret that gets another value; null: a new one. */
  replaced: Kept | null
  onClose: () => void
}

/** The value of a secret, and the server that it is for. */
export function SecretForm({ replaced, onClose }: Props) {
  const cache = useQueryClient()
  const [key, setKey] = useState('')
  const [host, setHost] = useState(replaced?.host ?? '')
  const [value, setValue] = useState('')
  const [generated, setGenerated] = useState(false)
  const save = useMutation({
    mutationFn: () =>
      replaced
        ? api.replaceSecret({ path: { key: replaced.key }, body: { host, value }, throwOnError: true })
        : api.createSecret({ body: { key, host, value }, throwOnError: true }),
    onSuccess: () => {
      sayDone(words.saved)
      cache.invalidateQueries({ queryKey: listSecretsQueryKey({ query: { limit: 200 } }) })
      onClose()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        {problem && <Problem error={problem} />}
        {replaced ? (
          <Text size="sm">
            <Code>{replaced.key}</Code>
          </Text>
        ) : (
          <TextInput
            label={words.name}
            description={words.nameAbout}
            required
            data-autofocus
            value={key}
            error={problem?.at('/key')}
            onChange={(event) => setKey(event.currentTarget.value.toLowerCase().replace(/[\s-]+/g, '_'))}
          />
        )}
        <TextInput
          label={words.host}
          description={words.hostAbout}
          required
          value={host}
          error={problem?.at('/host')}
          onChange={(event) => setHost(event.currentTarget.value.trim())}
        />
        {generated ? (
          <ShownOnce label={words.value} value={value} description={words.generateAbout} />
        ) : (
          <PasswordInput
            label={words.value}
            description={words.valueAbout}
            required
            autoComplete="new-password"
            value={value}
            error={problem?.at('/value')}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        <Group justify="space-between">
          {generated ? (
            <span />
          ) : (
            <Anchor
              component="button"
              type="button"
              size="xs"
              onClick={() => {
                setValue(signingSecret())
                setGenerated(true)
              }}
            >
              {words.generate}
            </Anchor>
          )}
          <Button type="submit" loading={save.isPending}>
            {words.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** 32 random bytes, written as Standard Webhooks writes them. */
function signingSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `whsec_${btoa(String.fromCharCode(...bytes))}`
}
