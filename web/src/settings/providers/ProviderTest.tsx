import { Alert, Button, Group, Select, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type ProviderOut, sendTestMessageMutation } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import type { ProviderWords } from '../../text/providers'
import { Section } from '../Section'

const COLORS = { sent: 'green', kept: 'blue', failed: 'red', uncertain: 'orange' } as const

interface Props {
  items: readonly ProviderOut[]
  words: ProviderWords
  kind: ProviderOut['kind']
}

/** "Send a test": what the service really answered. */
export function ProviderTest({ items, words, kind }: Props) {
  const [chosen, setChosen] = useState<string | null>(null)
  const [to, setTo] = useState('')
  const send = useMutation(sendTestMessageMutation())
  const key = items.find((item) => item.key === chosen)?.key ?? items.find((item) => item.default)?.key ?? ''
  const problem = send.error ? asProblem(send.error) : null
  const wrongNumber = problem?.at('/to')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send.mutate({ path: { key }, body: kind === 'text' ? { to } : {} })
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.test} about={words.testAbout}>
        <Group align="flex-start" gap="sm">
          <Select
            label={words.testWith}
            w={260}
            data={items.map((item) => ({ value: item.key, label: item.name }))}
            value={key}
            allowDeselect={false}
            onChange={setChosen}
          />
          {kind === 'text' && (
            <TextInput
              label={words.testTo}
              type="tel"
              required
              w={260}
              maxLength={60}
              value={to}
              error={wrongNumber}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          )}
          <Button type="submit" variant="default" mt={22} loading={send.isPending}>
            {words.testSend}
          </Button>
        </Group>
        <div aria-live="polite">
          {send.data && (
            <Alert
              color={COLORS[send.data.status]}
              title={send.data.status === 'failed' ? words.testFailed : undefined}
            >
              {send.data.message}
            </Alert>
          )}
          {problem && !wrongNumber && <Problem error={problem} title={words.testFailed} />}
        </div>
      </Section>
    </form>
  )
}
