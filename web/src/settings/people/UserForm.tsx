import { MultiSelect, PasswordInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  api,
  findPeopleOptions,
  listGroupsOptions,
  listRolesOptions,
  type User,
  type UserChange,
} from '../../api'
import { useMe } from '../../app/useMe'
import { timeZones } from '../../setup/answers'
import { t } from '../../text'
import { people } from '../../text/people'
import { FormEnd } from './FormEnd'
import { FormHead, type Shown } from './FormHead'
import { useStored } from './useStored'

const words = people.users

interface Draft {
  name: string
  email: string
  phone: string
  password: string
  manager: string | null
  roles: string[]
  groups: string[]
  timeZone: string | null
}

function draftOf(user: User | null): Draft {
  return {
    name: user?.name ?? '',
    email: user?.email ?? '',
    phone: user?.phone ?? '',
    password: '',
    manager: user?.manager_id ? String(user.manager_id) : null,
    roles: user?.roles ?? [],
    groups: user?.groups ?? [],
    timeZone: user?.time_zone ?? null,
  }
}

/** One user: who they are, whom they report to, and what they may do. */
export function UserForm({ user, onDone }: { user: User | null; onDone: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(user))
  const me = useMe()
  const roles = useQuery(listRolesOptions({ query: { limit: 200 } }))
  const groups = useQuery(listGroupsOptions({ query: { limit: 200 } }))
  const found = useQuery(findPeopleOptions({ query: { limit: 200 } }))
  const { save, theirs, problem } = useStored<User, UserChange>({
    opened: user,
    write: (change, stored) => (stored ? changeUser(stored, change) : createUser(draft)),
    again: async ({ id }) => (await api.getUser({ path: { user_id: id }, throwOnError: true })).data,
    onDone,
  })
  const write = (body: UserChange) => save.mutate({ body, message: words.saved(draft.name) })
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    write(changeOf(draft))
  }
  const nameOf = (id: number) => found.data?.users.find((one) => one.id === id)?.name ?? String(id)
  const shown: Shown<User> = [
    [words.name, (one) => one.name],
    [words.email, (one) => one.email],
    [words.phone, (one) => one.phone ?? ''],
    [words.roles, (one) => people.listed(one.roles)],
    [words.groups, (one) => people.listed(one.groups)],
    [words.manager, (one) => (one.manager_id ? nameOf(one.manager_id) : '')],
    [words.timeZone, (one) => one.time_zone ?? ''],
    [words.active, (one) => (one.active ? t.common.yes : t.common.no)],
  ]
  const text = (key: 'name' | 'email' | 'phone', required: boolean, type = 'text') => (
    <TextInput
      label={words[key]}
      type={type}
      required={required}
      value={draft[key]}
      error={problem?.at(`/${key}`)}
      onChange={(event) => set({ [key]: event.currentTarget.value })}
    />
  )
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <FormHead problem={problem} opened={user} theirs={theirs} shown={shown} />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {text('name', true)}
          {text('email', true, 'email')}
          {text('phone', false, 'tel')}
          <PasswordInput
            label={words.password}
            description={user?.has_password ? words.passwordKeep : words.passwordNew}
            autoComplete="new-password"
            value={draft.password}
            error={problem?.at('/password')}
            onChange={(event) => set({ password: event.currentTarget.value })}
          />
        </SimpleGrid>
        <MultiSelect
          label={words.roles}
          description={words.rolesAbout}
          data={(roles.data?.items ?? []).map((role) => ({ value: role.key, label: role.name }))}
          value={draft.roles}
          error={problem?.at('/roles')}
          onChange={(value) => set({ roles: value })}
        />
        <MultiSelect
          label={words.groups}
          data={(groups.data?.items ?? []).map((group) => ({ value: group.key, label: group.name }))}
          value={draft.groups}
          error={problem?.at('/groups')}
          onChange={(value) => set({ groups: value })}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <Select
            label={words.manager}
            description={words.managerAbout}
            clearable
            searchable
            data={(found.data?.users ?? [])
              .filter((one) => one.id !== user?.id)
              .map((one) => ({ value: String(one.id), label: one.name }))}
            value={draft.manager}
            error={problem?.at('/manager_id')}
            onChange={(value) => set({ manager: value })}
          />
          <Select
            label={words.timeZone}
            description={words.timeZoneAbout}
            clearable
            searchable
            data={timeZones()}
            value={draft.timeZone}
            onChange={(value) => set({ timeZone: value })}
          />
        </SimpleGrid>
        <FormEnd
          saving={save.isPending}
          other={user && user.id !== me.user.id ? switching(user, write) : null}
        />
      </Stack>
    </form>
  )
}

/** Disabling is asked about; enabling harms nobody. */
function switching(user: User, write: (body: UserChange) => void) {
  const run = () => write({ active: !user.active })
  if (!user.active) return { label: words.enable, run }
  return {
    label: words.disable,
    color: 'red',
    ask: { title: words.disableTitle(user.name), about: words.disableAbout },
    run,
  }
}

function changeOf(draft: Draft): UserChange {
  const change: UserChange = {
    name: draft.name.trim(),
    email: draft.email.trim(),
    phone: draft.phone.trim() || null,
    manager_id: draft.manager ? Number(draft.manager) : null,
    roles: draft.roles,
    groups: draft.groups,
    time_zone: draft.timeZone,
  }
  return draft.password ? { ...change, password: draft.password } : change
}

function changeUser(user: User, body: UserChange) {
  return api.changeUser({
    path: { user_id: user.id },
    headers: { 'If-Match': `"${user.etag}"` },
    body,
    throwOnError: true,
  })
}

function createUser(draft: Draft) {
  const { name, email, phone, manager_id, roles, groups, time_zone } = changeOf(draft)
  const body = {
    name: name ?? '',
    email: email ?? '',
    phone,
    manager_id,
    roles: roles ?? [],
    groups: groups ?? [],
    time_zone,
  }
  return api.createUser({ body: { ...body, password: draft.password || null }, throwOnError: true })
}
