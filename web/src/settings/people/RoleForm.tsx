import { Alert, Button, Group, Stack, Switch, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, deleteRoleMutation, type Role } from '../../api'
import { asProblem } from '../../api/problem'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { people } from '../../text/people'
import { keyFrom } from './keys'
import { RightsTable } from './RightsTable'

const words = people.roles

/** One role: its name, its two great rights, and its rights in each module. */
export function RoleForm({ role, onDone }: { role: Role | null; onDone: () => void }) {
  const [name, setName] = useState(role?.name ?? '')
  const [key, setKey] = useState(role?.key ?? '')
  const [administrator, setAdministrator] = useState(role?.administrator ?? false)
  const [builder, setBuilder] = useState(role?.builder ?? false)
  const [modules, setModules] = useState(role?.modules ?? {})
  const cache = useQueryClient()
  const done = (message: string) => {
    sayDone(message)
    cache.invalidateQueries()
    onDone()
  }
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), administrator, builder, modules }
      if (!role) return api.createRole({ body: { ...body, key: key || keyFrom(name) }, throwOnError: true })
      return api.changeRole({
        path: { key: role.key },
        headers: { 'If-Match': `"${role.etag}"` },
        body,
        throwOnError: true,
      })
    },
    onSuccess: () => done(words.saved(name)),
  })
  const remove = useMutation({
    ...deleteRoleMutation(),
    onSuccess: () => done(words.deleted),
    onError: (error) => sayProblem(error),
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const ask = async () => {
    if (!role) return
    const question = {
      title: words.deleteTitle(role.name),
      about: words.deleteAbout,
      yes: words.delete,
      danger: true,
    }
    if (await confirm(question)) remove.mutate({ path: { key: role.key } })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {problem && <Problem error={problem} title={problem.conflict ? people.conflict : undefined} />}
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
        <Group justify="space-between">
          {role && role.key !== 'administrator' ? (
            <Button variant="subtle" color="red" onClick={ask}>
              {words.delete}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
