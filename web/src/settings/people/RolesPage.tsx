import { Anchor, Badge, Button, Drawer, Group, Skeleton, Table } from '@mantine/core'
import { IconShieldLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listRolesOptions, type Role } from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { format, t } from '../../text'
import { people } from '../../text/people'
import { RoleForm } from './RoleForm'

const words = people.roles

/** What people may do, by role. */
export function Page() {
  const found = useQuery(listRolesOptions({ query: { limit: 200 } }))
  const [open, setOpen] = useState<Role | 'new' | null>(null)
  const roles = found.data?.items ?? []
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <Button onClick={() => setOpen('new')}>{words.add}</Button>
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && roles.length === 0 && (
        <Empty icon={IconShieldLock} title={words.none} about={words.noneAbout} />
      )}
      {roles.length > 0 && (
        <Table className="surface" withTableBorder>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.name}</Table.Th>
              <Table.Th>{words.key}</Table.Th>
              <Table.Th>{words.modules}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {roles.map((role) => (
              <Table.Tr key={role.id}>
                <Table.Td>
                  <Group gap="xs">
                    <Anchor component="button" size="sm" onClick={() => setOpen(role)}>
                      {role.name}
                    </Anchor>
                    {role.administrator && <Badge color="grape">{words.administrator}</Badge>}
                    {role.builder && <Badge color="indigo">{words.builder}</Badge>}
                  </Group>
                </Table.Td>
                <Table.Td ff="monospace">{role.key}</Table.Td>
                <Table.Td>
                  {role.administrator ? t.common.all : format.number(Object.keys(role.modules).length)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size={760}
        title={open === 'new' ? words.add : words.edit}
      >
        {open && <RoleForm role={open === 'new' ? null : open} onDone={() => setOpen(null)} />}
      </Drawer>
    </>
  )
}
