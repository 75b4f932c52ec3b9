import { Alert, Group, Stack, Switch, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, deleteRoleMutation, type NewRole, type Role } from '../../api'
import { sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { people } from '../../text/people'
import { FormEnd } from './FormEnd'
import { FormHead, type Shown } from './FormHead'
import { keyFrom } from './keys'
import { RightsTable } from './RightsTable'
import { useStored } from './useStored'

const words = people.roles

/** One role: its name, its two great rights, and its rights in each module. */
export function RoleForm({ role, onDone }: { role: Role | null; onDone: () => void }) {
  const [name, setName] = useState(role?.name ?? '')
  const [key, setKey] = useState(role?.key ?? '')
  const [administrator, setAdministrator] = useState(role?.administrator ?? false)
  const [builder, setBuilder] = useState(role?.builder ?? false)
  const [modules, setModules] = useState(role?.modules ?? {})
  const { save, theirs, problem, done } = useStored<Role, Omit<NewRole, 'key'>>({
    opened: role,
    write: (body, stored) => writeRole(body, stored, key || keyFrom(name)),
    again: async ({ key }) => (await api.getRole({ path: { key }, throwOnError: true })).data,
    onDone,
  })
  const remove = useMutation({
    ...deleteRoleMutation(),
    onSuccess: () => done(words.deleted),
    onError: (error) => sayProblem(error),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ body: { name: name.trim(), administrator, builder, modules }, message: words.saved(name) })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <FormHead problem={problem} opened={role} theirs={theirs} shown={SHOWN} />
        <Group grow align="flex-start">
          <TextInput
            label={words.name}
            required
            value={name}
            error={problem?.at('/name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {!role && (
            <TextInput
              label={words.key}
              description={words.keyAbout}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              value={key || keyFrom(name)}
              error={problem?.at('/key')}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
          )}
        </Group>
        <Switch
          label={words.administrator}
          description={words.administratorAbout}
          checked={administrator}
          onChange={(event) => setAdministrator(event.currentTarget.checked)}
        />
        <Switch
          label={words.builder}
          description={words.builderAbout}
          checked={builder}
          onChange={(event) => setBuilder(event.currentTarget.checked)}
        />
        <Title order={2} mt="xs">
          {words.modules}
        </Title>
        {administrator && <Alert color="blue">{words.everything}</Alert>}
        <Text size="xs" c="dimmed">
          {words.ownAbout}
        </Text>
        <RightsTable modules={modules} onChange={setModules} />
        <FormEnd
          saving={save.isPending}
          other={
            role && role.key !== 'administrator'
              ? {
                  label: words.delete,
                  color: 'red',
                  ask: { title: words.deleteTitle(role.name), about: words.deleteAbout },
                  run: () => remove.mutate({ path: { key: role.key } }),
                }
              : null
          }
        />
      </Stack>
    </form>
  )
}

const SHOWN: Shown<Role> = [
  [words.name, (one) => one.name],
  [words.administrator, (one) => yesNo(one.administrator)],
  [words.builder, (one) => yesNo(one.builder)],
  [words.modules, (one) => people.listed(Object.keys(one.modules).sort())],
]

function yesNo(value: boolean) {
  return value ? t.common.yes : t.common.no
}

function writeRole(body: Omit<NewRole, 'key'>, stored: Role | null, key: string) {
  if (!stored) return api.createRole({ body: { ...body, key }, throwOnError: true })
  return api.changeRole({
    path: { key: stored.key },
    headers: { 'If-Match': stored.etag },
    body,
    throwOnError: true,
  })
}
