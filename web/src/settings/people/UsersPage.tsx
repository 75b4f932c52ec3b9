import {
  Anchor,
  Badge,
  Button,
  Group,
  Modal,
  SegmentedControl,
  Skeleton,
  Table,
  Text,
  TextInput,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch, IconUserPlus, IconUsers } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, listGroupsOptions, listRolesOptions, type User } from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { t } from '../../text'
import { people } from '../../text/people'
import { UserForm } from './UserForm'

const words = people.users

/** Everybody who signs in. */
export function Page() {
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed.trim(), 250)
  const [everybody, setEverybody] = useState(false)
  const [open, setOpen] = useState<User | 'new' | null>(null)
  const found = useInfiniteQuery({
    queryKey: ['users', search, everybody],
    queryFn: async ({ pageParam, signal }) =>
      (
        await api.listUsers({
          query: {
            limit: 100,
            cursor: pageParam,
            search: search || undefined,
            active: everybody ? undefined : true,
          },
          signal,
          throwOnError: true,
        })
      ).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const users = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <Button leftSection={<IconUserPlus size={16} />} onClick={() => setOpen('new')}>
          {words.add}
        </Button>
      </PageHeader>
      <Group mb="sm">
        <TextInput
          aria-label={words.search}
          placeholder={words.search}
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          data={[
            { value: 'active', label: words.onlyActive },
            { value: 'all', label: words.everybody },
          ]}
          value={everybody ? 'all' : 'active'}
          onChange={(value) => setEverybody(value === 'all')}
        />
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={240} />}
      {found.data && users.length === 0 && (
        <Empty icon={IconUsers} title={words.none} about={words.noneAbout} />
      )}
      {users.length > 0 && <Users users={users} onOpen={setOpen} />}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {t.common.more}
        </Button>
      )}
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        size="lg"
        title={open === 'new' ? words.add : words.edit}
      >
        {open && <UserForm user={open === 'new' ? null : open} onDone={() => setOpen(null)} />}
      </Modal>
    </>
  )
}

function Users({ users, onOpen }: { users: User[]; onOpen: (user: User) => void }) {
  const roles = useQuery(listRolesOptions({ query: { limit: 200 } }))
  const groups = useQuery(listGroupsOptions({ query: { limit: 200 } }))
  const groupOf = (key: string) => groups.data?.items.find((group) => group.key === key)?.name ?? key
  const nameOf = (key: string) => roles.data?.items.find((role) => role.key === key)?.name ?? key
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table className="surface" withTableBorder>
        <Table.Thead>
          <Table.Tr>
            {[words.nameAndEmail, words.roles, words.groups, ''].map((label) => (
              <Table.Th key={label || 'state'}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.id}>
              <Table.Td>
                <Anchor component="button" ta="left" size="sm" onClick={() => onOpen(user)}>
                  {user.name}
                </Anchor>
                <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {user.email}
                </Text>
              </Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {user.roles.map((role) => (
                    <Badge key={role} miw="max-content">
                      {nameOf(role)}
                    </Badge>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>{user.groups.map(groupOf).join(', ')}</Table.Td>
              <Table.Td>
                {!user.active && (
                  <Badge color="gray" miw="max-content">
                    {words.disabled}
                  </Badge>
                )}
                {user.active && !user.has_password && (
                  <Badge color="yellow" miw="max-content">
                    {words.noSignIn}
                  </Badge>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
