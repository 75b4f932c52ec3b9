import { Anchor, Button, Modal, MultiSelect, Skeleton, Stack, Table, TextInput } from '@mantine/core'
import { IconUsersGroup, IconUsersPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  api,
  deleteGroupMutation,
  findPeopleOptions,
  type Group,
  listGroupsOptions,
  type NewGroup,
} from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { people } from '../../text/people'
import { FormEnd } from './FormEnd'
import { FormHead, type Shown } from './FormHead'
import { keyFrom } from './keys'
import { useStored } from './useStored'

const words = people.groups

/** Groups of people who share work. */
export function Page() {
  const found = useQuery(listGroupsOptions({ query: { limit: 200 } }))
  const [open, setOpen] = useState<Group | 'new' | null>(null)
  const groups = found.data?.items ?? []
  const add = (
    <Button leftSection={<IconUsersPlus size={16} />} onClick={() => setOpen('new')}>
      {words.add}
    </Button>
  )
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        {groups.length > 0 && add}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && groups.length === 0 && (
        <Empty icon={IconUsersGroup} title={words.none} about={words.noneAbout}>
          {add}
        </Empty>
      )}
      {groups.length > 0 && (
        <Table className="surface" withTableBorder>
          <Table.Thead>
            <Table.Tr>
              {[words.name, words.key, words.members, words.email].map((label) => (
                <Table.Th key={label}>{label}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groups.map((group) => (
              <Table.Tr key={group.id}>
                <Table.Td>
                  <Anchor component="button" size="sm" onClick={() => setOpen(group)}>
                    {group.name}
                  </Anchor>
                </Table.Td>
                <Table.Td ff="monospace">{group.key}</Table.Td>
                <Table.Td>{words.membersCount(group.members.length)}</Table.Td>
                <Table.Td>{group.email ?? t.common.nothing}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open === 'new' ? words.add : words.edit}
      >
        {open && <GroupForm group={open === 'new' ? null : open} onDone={() => setOpen(null)} />}
      </Modal>
    </>
  )
}

function GroupForm({ group, onDone }: { group: Group | null; onDone: () => void }) {
  const [name, setName] = useState(group?.name ?? '')
  const [key, setKey] = useState(group?.key ?? '')
  const [email, setEmail] = useState(group?.email ?? '')
  const [members, setMembers] = useState((group?.members ?? []).map(String))
  const found = useQuery(findPeopleOptions({ query: { limit: 200 } }))
  const { save, theirs, problem, done } = useStored<Group, Omit<NewGroup, 'key'>>({
    opened: group,
    write: (body, stored) => writeGroup(body, stored, key || keyFrom(name)),
    again: async ({ key }) => (await api.getGroup({ path: { key }, throwOnError: true })).data,
    onDone,
  })
  const remove = useMutation({
    ...deleteGroupMutation(),
    onSuccess: () => done(words.deleted),
    onError: (error) => sayProblem(error),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = { name: name.trim(), email: email.trim() || null, members: members.map(Number) }
    save.mutate({ body, message: words.saved(name) })
  }
  const nameOf = (id: number) => found.data?.users.find((one) => one.id === id)?.name ?? String(id)
  const shown: Shown<Group> = [
    [words.name, (one) => one.name],
    [words.email, (one) => one.email ?? ''],
    [words.members, (one) => people.listed(one.members.map(nameOf))],
  ]
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <FormHead problem={problem} opened={group} theirs={theirs} shown={shown} />
        <TextInput
          label={words.name}
          required
          data-autofocus
          value={name}
          error={problem?.at('/name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!group && (
          <TextInput
            label={words.key}
            description={words.keyAbout}
            value={key || keyFrom(name)}
            error={problem?.at('/key')}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        )}
        <TextInput
          label={words.email}
          description={words.emailAbout}
          type="email"
          value={email}
          error={problem?.at('/email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <MultiSelect
          label={words.members}
          searchable
          data={(found.data?.users ?? []).map((one) => ({ value: String(one.id), label: one.name }))}
          value={members}
          error={problem?.at('/members')}
          onChange={setMembers}
        />
        <FormEnd
          saving={save.isPending}
          other={
            group && {
              label: words.delete,
              color: 'red',
              ask: { title: words.deleteTitle(group.name), about: words.deleteAbout },
              run: () => remove.mutate({ path: { key: group.key } }),
            }
          }
        />
      </Stack>
    </form>
  )
}

function writeGroup(body: Omit<NewGroup, 'key'>, stored: Group | null, key: string) {
  if (!stored) return api.createGroup({ body: { ...body, key }, throwOnError: true })
  return api.changeGroup({
    path: { key: stored.key },
    headers: { 'If-Match': stored.etag },
    body,
    throwOnError: true,
  })
}
