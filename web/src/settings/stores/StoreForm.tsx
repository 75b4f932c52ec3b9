import {
  Alert,
  Button,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type ApiProblem, api, asProblem } from '../../api'
import { freeKey } from '../../outbox/templates/key'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { stores as t } from '../../text/documents'
import { bodyOf, type Draft, draftOf, type Kept, ofKind, secretOf } from './store'

interface Props {
  kept: Kept | null
  taken: readonly string[]
  folderAllowed: boolean
  onClose: () => void
}

const KINDS = (['sftp', 's3', 'http', 'folder'] as const).map((value) => ({
  value,
  label: t.kinds[value] ?? value,
}))

/** A file store: what it is, where it is, and how to sign in there. */
export function StoreForm({ kept, taken, folderAllowed, onClose }: Props) {
  const cache = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(kept))
  const set = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }))
  const save = useMutation({
    mutationFn: () => {
      const key = kept ? kept.key : freeKey(draft.name, taken)
      type Body = Parameters<typeof api.saveFileStore>[0]['body']
      return api.saveFileStore({ body: bodyOf({ ...draft, key }) as unknown as Body, throwOnError: true })
    },
    onSuccess: () => {
      sayDone(t.saved(draft.name))
      for (const _id of ['listFileStores', 'listFileStoreChoices'])
        cache.invalidateQueries({ queryKey: [{ _id }] })
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
        {problem && <Problem error={problem} title={t.notSaved} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput
            label={t.name}
            description={t.nameHint}
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={problem?.at('/name')}
            maxLength={100}
            required
            data-autofocus
          />
          <Select
            label={t.kind}
            description={' '}
            data={KINDS}
            value={draft.kind}
            onChange={(kind) => setDraft(ofKind(draft, (kind ?? 'sftp') as Draft['kind']))}
            disabled={kept !== null}
            allowDeselect={false}
          />
        </SimpleGrid>
        {draft.kind === 'folder' && !folderAllowed && <Alert color="orange">{t.noRoot}</Alert>}
        <Where draft={draft} set={set} problem={problem} />
        <TextInput
          label={t.folder}
          description={t.folderHint}
          value={draft.folder}
          onChange={(event) => set({ folder: event.currentTarget.value })}
          error={problem?.at('/folder')}
          maxLength={500}
        />
        <SecretInput draft={draft} kept={kept} set={set} problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {shared.common.cancel}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!draft.name.trim()}>
            {t.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface PartProps {
  draft: Draft
  set: (part: Partial<Draft>) => void
  problem: ApiProblem | null
}

function Where(props: PartProps) {
  switch (props.draft.kind) {
    case 'sftp':
      return <Sftp {...props} />
    case 's3':
      return <Bucket {...props} />
    case 'http':
      return <Address {...props} />
    default:
      return null
  }
}

/** One line of text of the draft. */
function Line({
  name,
  label,
  ...props
}: PartProps & { name: keyof Draft; label: string; description?: string; placeholder?: string }) {
  const { draft, set, problem, ...shown } = props
  return (
    <TextInput
      {...shown}
      label={label}
      value={String(draft[name])}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      error={problem?.at(`/${name}`)}
      required
    />
  )
}

function Sftp(props: PartProps) {
  const { draft, set, problem } = props
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Line {...props} name="server" label={t.server} placeholder="sftp.example.com" />
        <NumberInput
          label={t.port}
          min={1}
          max={65535}
          value={draft.port}
          onChange={(port) => set({ port: typeof port === 'number' ? port : 22 })}
          error={problem?.at('/port')}
        />
        <Line {...props} name="username" label={t.username} />
        <Select
          label={t.signIn}
          data={[
            { value: 'password', label: t.password },
            { value: 'key', label: t.privateKey },
          ]}
          value={draft.sign_in}
          onChange={(sign_in) => set({ sign_in: sign_in ?? 'password' })}
          allowDeselect={false}
        />
      </SimpleGrid>
      <Textarea
        label={t.hostKey}
        description={t.hostKeyHint}
        placeholder="ssh-ed25519 AAAA…"
        value={draft.host_key}
        onChange={(event) => set({ host_key: event.currentTarget.value })}
        error={problem?.at('/host_key')}
        autosize
        minRows={2}
        maxRows={5}
        required
      />
    </>
  )
}

function Bucket(props: PartProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Line
        {...props}
        name="endpoint"
        label={t.endpoint}
        placeholder="https://s3.eu-central-1.amazonaws.com"
      />
      <Line {...props} name="bucket" label={t.bucket} />
      <Line {...props} name="region" label={t.region} />
      <Line {...props} name="access_key_id" label={t.accessKey} />
    </SimpleGrid>
  )
}

function Address(props: PartProps) {
  const { draft, set } = props
  return (
    <>
      <Line
        {...props}
        name="url"
        label={t.url}
        description={t.urlHint}
        placeholder="https://files.example.com/in/"
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label={t.signIn}
          data={[
            { value: 'none', label: t.none_ },
            { value: 'basic', label: t.basic },
            { value: 'bearer', label: t.bearer },
          ]}
          value={draft.sign_in}
          onChange={(sign_in) => set({ sign_in: sign_in ?? 'none' })}
          allowDeselect={false}
        />
        {draft.sign_in === 'basic' && <Line {...props} name="username" label={t.username} />}
      </SimpleGrid>
    </>
  )
}

function SecretInput({ draft, kept, set, problem }: PartProps & { kept: Kept | null }) {
  const which = secretOf(draft)
  if (which === null) return null
  const shown = {
    label: t.secret[which] ?? which,
    description: kept?.has_secret ? t.secretKept : undefined,
    value: draft.secret,
    error: problem?.at('/secret'),
    required: !kept?.has_secret,
  }
  if (which === 'key')
    return (
      <Textarea
        {...shown}
        onChange={(event) => set({ secret: event.currentTarget.value })}
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        autosize
        minRows={3}
        maxRows={6}
      />
    )
  return (
    <PasswordInput
      {...shown}
      autoComplete="new-password"
      onChange={(event) => set({ secret: event.currentTarget.value })}
    />
  )
}
