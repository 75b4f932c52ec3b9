import {
  Alert,
  Button,
  Group,
  PasswordInput,
  SimpleGrid,
  Skeleton,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  asProblem,
  checkSingleSignOnMutation,
  getSingleSignOnOptions,
  getSingleSignOnQueryKey,
  type SingleSignOnIn,
  type SingleSignOnOut,
  setSingleSignOnMutation,
  unsetSingleSignOnMutation,
} from '../api'
import { UserSelect } from '../form/UserSelect'
import { confirm } from '../parts/confirm'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { ShownOnce } from '../parts/ShownOnce'
import { sayDone, sayProblem } from '../parts/saying'
import { t as shared } from '../text'
import { signOn as t } from '../text/signOn'
import { Section } from './Section'
import { draftOf, RoleMap, RoleSelect, type Row, rolesOf, rowsOf } from './signOnRoles'

/** With which provider people sign in, and what is believed of what it says. */
export function Page() {
  const found = useQuery({ ...getSingleSignOnOptions(), staleTime: 0 })
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={420} />}
      {found.data && <Provider now={found.data} />}
    </>
  )
}

function Provider({ now }: { now: SingleSignOnOut }) {
  const [draft, setDraft] = useState(draftOf(now.provider))
  const [rows, setRows] = useState<Row[]>(rowsOf(draft.roles ?? {}))
  const set = (change: Partial<SingleSignOnIn>) => setDraft((before) => ({ ...before, ...change }))
  const cache = useQueryClient()
  const again = () => cache.invalidateQueries({ queryKey: getSingleSignOnQueryKey() })
  const save = useMutation({
    ...setSingleSignOnMutation(),
    onSuccess: () => {
      set({ client_secret: null })
      sayDone(t.saved)
      again()
    },
  })
  const remove = useMutation({
    ...unsetSingleSignOnMutation(),
    onSuccess: () => {
      setDraft(draftOf(null))
      setRows([])
      sayDone(t.removed)
      again()
    },
    onError: (error) => sayProblem(error),
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ body: { ...draft, roles: rolesOf(rows), role_claim: draft.role_claim || null } })
  }
  const end = async () => {
    if (await confirm({ title: t.removeTitle, about: t.removeAbout, yes: t.remove, danger: true }))
      remove.mutate({})
  }
  const text = (
    name: 'name' | 'issuer' | 'client_id' | 'email_claim' | 'name_claim',
    label: string,
    about?: string,
  ) => (
    <TextInput
      label={label}
      description={about}
      required
      value={draft[name] ?? ''}
      error={problem?.at(`/${name}`)}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  )
  return (
    <form onSubmit={submit}>
      <Section title={t.provider}>
        {problem && <Problem error={problem} />}
        <ShownOnce label={t.redirect} description={t.providerAbout} value={now.redirect_uri} />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {text('name', t.name, t.nameAbout)}
          {text('issuer', t.issuer, t.issuerAbout)}
          {text('client_id', t.clientId)}
          <PasswordInput
            label={t.secret}
            description={now.provider?.has_secret ? t.secretKept : t.secretNone}
            autoComplete="off"
            value={draft.client_secret ?? ''}
            error={problem?.at('/client_secret')}
            onChange={(event) => set({ client_secret: event.currentTarget.value || null })}
          />
          <TagsInput
            label={t.scopes}
            value={draft.scopes ?? []}
            error={problem?.at('/scopes')}
            onChange={(scopes) => set({ scopes })}
          />
        </SimpleGrid>
        <Check issuer={draft.issuer} />
        <Switch
          label={t.enabled}
          checked={draft.enabled ?? true}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
      </Section>
      <Section title={t.people} about={t.peopleAbout}>
        <Switch
          label={t.create}
          checked={draft.create_people ?? false}
          onChange={(event) => set({ create_people: event.currentTarget.checked })}
        />
        {draft.create_people && (
          <RoleSelect
            label={t.firstRoles}
            value={draft.first_roles ?? []}
            onChange={(first_roles) => set({ first_roles })}
          />
        )}
        <Switch
          label={t.trust}
          description={t.trustAbout}
          checked={draft.trust_addresses ?? false}
          onChange={(event) => set({ trust_addresses: event.currentTarget.checked })}
        />
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
          {text('email_claim', t.emailClaim)}
          {text('name_claim', t.nameClaim)}
          <TextInput
            label={t.roleClaim}
            value={draft.role_claim ?? ''}
            error={problem?.at('/role_claim')}
            onChange={(event) => set({ role_claim: event.currentTarget.value })}
          />
        </SimpleGrid>
        <RoleMap shown={Boolean(draft.role_claim)} rows={rows} onChange={setRows} />
      </Section>
      <Section title={t.passwords} about={t.passwordsAbout}>
        <Switch
          label={t.allow}
          checked={draft.passwords ?? true}
          onChange={(event) => set({ passwords: event.currentTarget.checked })}
        />
        {draft.passwords === false && (
          <UserSelect
            label={t.glass}
            value={draft.break_glass ?? null}
            error={problem?.at('/break_glass')}
            onChange={(break_glass) => set({ break_glass })}
          />
        )}
      </Section>
      <Group justify="flex-end">
        {now.provider && (
          <Button variant="subtle" color="red" onClick={end} loading={remove.isPending}>
            {t.remove}
          </Button>
        )}
        <Button type="submit" loading={save.isPending}>
          {shared.common.save}
        </Button>
      </Group>
    </form>
  )
}

/** Asks the issuer at once, so that a mistake shows before somebody is locked out. */
function Check({ issuer }: { issuer: string }) {
  const check = useMutation(checkSingleSignOnMutation())
  return (
    <>
      {check.error && <Problem error={check.error} />}
      {check.data && <Alert color="green">{t.good(check.data.keys)}</Alert>}
      <Group>
        <Button
          variant="default"
          size="xs"
          disabled={issuer.length < 8}
          loading={check.isPending}
          onClick={() => check.mutate({ body: { issuer: issuer.trim() } })}
        >
          {t.check}
        </Button>
      </Group>
    </>
  )
}
