import {
  Alert,
  Button,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Skeleton,
  TextInput,
} from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, getSettingsQueryKey, type MailIn, sendTestMailMutation } from '../api'
import { asProblem } from '../api/problem'
import { useMe } from '../app/useMe'
import { confirm } from '../parts/confirm'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { settings } from '../text/settings'
import { Section } from './Section'
import { useSave, useSettings } from './useSettings'

const words = settings.mail

/** The SMTP server, and whether it really takes a mail. */
export function Page() {
  const found = useSettings()
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.data ? (
        <>
          {!found.data.mail && (
            <Alert color="blue" mb="md">
              {words.none}
            </Alert>
          )}
          <Server now={found.data.mail} />
          <Trial />
        </>
      ) : (
        !found.error && <Skeleton height={320} />
      )}
    </>
  )
}

const BLANK: MailIn = {
  host: '',
  port: 587,
  security: 'starttls',
  from_address: '',
  username: null,
  connections: 4,
  timeout_seconds: 30,
  ca_certificates: null,
}

function Server({ now }: { now: Record<string, unknown> | null }) {
  const [draft, setDraft] = useState<MailIn>(() => draftOf(now))
  const save = useSave(
    (sent: MailIn) => api.setMail({ body: withoutEmpty(sent), throwOnError: true }),
    words.saved,
  )
  const problem = save.error ? asProblem(save.error) : null
  const set = (change: Partial<MailIn>) => setDraft({ ...draft, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(draft)
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.host}>
        {problem && <Problem error={problem} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label={words.host}
            description={words.hostAbout}
            required
            value={draft.host}
            error={problem?.at('/host')}
            onChange={(event) => set({ host: event.currentTarget.value })}
          />
          <TextInput
            label={words.from}
            description={words.fromAbout}
            required
            value={draft.from_address}
            error={problem?.at('/from_address')}
            onChange={(event) => set({ from_address: event.currentTarget.value })}
          />
          <Select
            label={words.security}
            data={Object.entries(words.securities).map(([value, label]) => ({ value, label }))}
            value={draft.security ?? 'starttls'}
            onChange={(value) => set(securityOf(value))}
          />
          <NumberInput
            label={words.port}
            min={1}
            max={65535}
            value={draft.port ?? 587}
            onChange={(value) => set({ port: Number(value) })}
          />
          <TextInput
            label={words.username}
            autoComplete="off"
            value={draft.username ?? ''}
            error={problem?.at('/username')}
            onChange={(event) => set({ username: event.currentTarget.value || null })}
          />
          <PasswordInput
            label={words.password}
            description={now?.has_password ? words.passwordKept : undefined}
            autoComplete="new-password"
            value={draft.password ?? ''}
            error={problem?.at('/password')}
            onChange={(event) => set({ password: event.currentTarget.value || null })}
          />
          <NumberInput
            label={words.connections}
            min={1}
            max={32}
            value={draft.connections ?? 4}
            onChange={(value) => set({ connections: Number(value) })}
          />
          <NumberInput
            label={words.timeout}
            min={1}
            max={300}
            value={draft.timeout_seconds ?? 30}
            onChange={(value) => set({ timeout_seconds: Number(value) })}
          />
        </SimpleGrid>
        <Group justify="space-between">
          {now ? <Remove /> : <span />}
          <Button type="submit" loading={save.isPending}>
            {words.save}
          </Button>
        </Group>
      </Section>
    </form>
  )
}

function securityOf(value: string | null): Partial<MailIn> {
  if (value === 'tls') return { security: 'tls', port: 465 }
  if (value === 'none') return { security: 'none', port: 25 }
  return { security: 'starttls', port: 587 }
}

/** A password that was not typed is left out, so that the stored one stays. */
function withoutEmpty({ password, ...mail }: MailIn): MailIn {
  return password ? { ...mail, password } : mail
}

/** What is stored, without what the server only tells: whether there is a password. */
function draftOf(now: Record<string, unknown> | null): MailIn {
  const known = Object.entries(now ?? {}).filter(([key]) => key in BLANK)
  return { ...BLANK, ...Object.fromEntries(known), password: null }
}

function Remove() {
  const cache = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.unsetMail({ throwOnError: true }),
    onSuccess: () => {
      sayDone(words.removed)
      cache.invalidateQueries({ queryKey: getSettingsQueryKey() })
    },
    onError: (error) => sayProblem(error),
  })
  const ask = async () => {
    if (await confirm({ title: words.remove, about: words.removeAbout, yes: words.remove, danger: true }))
      remove.mutate()
  }
  return (
    <Button variant="subtle" color="red" onClick={ask}>
      {words.remove}
    </Button>
  )
}

const COLORS = { sent: 'green', kept: 'blue', failed: 'red', uncertain: 'orange' } as const

/** "Send a test": what the server really answered. */
function Trial() {
  const [to, setTo] = useState(useMe().user.email)
  const send = useMutation(sendTestMailMutation())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send.mutate({ body: { to } })
  }
  return (
    <form onSubmit={submit}>
      <Section title={words.test} about={words.testAbout}>
        <Group align="flex-end">
          <TextInput
            label={words.testTo}
            type="email"
            required
            w={280}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={send.isPending}>
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
          {send.error && <Problem error={send.error} title={words.testFailed} />}
        </div>
      </Section>
    </form>
  )
}
