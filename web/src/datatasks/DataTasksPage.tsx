import { Button, Table } from '@mantine/core'
import { IconDatabaseEdit, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type DataTaskOut, listDataTasksInfiniteOptions, listModulesOptions } from '../api'
import { Listing, NameCell } from '../parts/Listing'
import { useLive } from '../parts/useLive'
import { When } from '../parts/When'
import { DataTabs } from '../records/DataTabs'
import { format } from '../text'
import { dataTasks as t } from '../text/dataTasks'

/** All saved data tasks, and a new one. */
export function Page() {
  useLive(['revision'], ['listDataTasks'])
  const found = useInfiniteQuery({
    ...listDataTasksInfiniteOptions({ query: { limit: 100 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const create = (
    <Button component={Link} to="/data-tasks/new" leftSection={<IconPlus size={16} />}>
      {t.create}
    </Button>
  )
  return (
    <Listing found={found} words={t} icon={IconDatabaseEdit} tabs={<DataTabs />} create={create}>
      {(items) => <Tasks items={items} />}
    </Listing>
  )
}

function Tasks({ items }: { items: readonly DataTaskOut[] }) {
  const modules = useQuery(listModulesOptions())
  const labelOf = (key: unknown) =>
    modules.data?.items.find((module) => module.key === key)?.label_plural ?? String(key ?? '')
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table className="surface" withTableBorder aria-label={t.tableLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="40%">{t.column.name}</Table.Th>
            <Table.Th>{t.column.module}</Table.Th>
            <Table.Th>{t.column.target}</Table.Th>
            <Table.Th w={100}>{t.column.workflows}</Table.Th>
            <Table.Th w={136}>{t.column.changed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((task) => (
            <Table.Tr key={task.key}>
              <NameCell to={`/data-tasks/${task.key}`} name={task.name} about={task.description} />
              <Table.Td>{labelOf(task.definition.module)}</Table.Td>
              <Table.Td>{task.definition.target ? labelOf(task.definition.target) : t.themselves}</Table.Td>
              <Table.Td>{format.number(task.workflows)}</Table.Td>
              <Table.Td>
                <When at={task.updated_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
