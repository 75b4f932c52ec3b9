import {
  Anchor,
  Button,
  Modal,
  MultiSelect,
  Group as Row,
  Skeleton,
  Stack,
  Table,
  TextInput,
} from '@mantine/core'
import { IconUsersGroup, IconUsersPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, deleteGroupMutation, findPeopleOptions, type Group, listGroupsOptions } from '../../api'
import { asProblem } from '../../api/problem'
import { confirm } from '../../parts/confirm'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { people } from '../../text/people'
import { keyFrom } from './keys'

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
  const cache = useQueryClient()
  const found = useQuery(findPeopleOptions({ query: { limit: 200 } }))
  const done = (message: string) => {
    sayDone(message)
    cache.invalidateQueries()
    onDone()
  }
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), email: email.trim() || null, members: members.map(Number) }
      if (!group) return api.createGroup({ body: { ...body, key: key || keyFrom(name) }, throwOnError: true })
      return api.changeGroup({
        path: { key: group.key },
        headers: { 'If-Match': `"${group.etag}"` },
        body,
        throwOnError: true,
      })
    },
    onSuccess: () => done(words.saved(name)),
  })
  const remove = useMutation({
    ...deleteGroupMutation(),
    onSuccess: () => done(words.deleted),
    onError: (error) => sayProblem(error),
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const ask = async () => {
    if (!group) return
    const question = {
      title: words.deleteTitle(group.name),
      about: words.deleteAbout,
      yes: words.delete,
      danger: true,
    }
    if (await confirm(question)) remove.mutate({ path: { key: group.key } })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {problem && <Problem error={problem} title={problem.conflict ? people.conflict : undefined} />}
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
        <Row justify="space-between">
          {group ? (
            <Button variant="subtle" color="red" onClick={ask}>
              {words.delete}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Row>
      </Stack>
    </form>
  )
}
