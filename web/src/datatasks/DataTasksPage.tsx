import { Anchor, Button, Center, Skeleton, Table, Text } from '@mantine/core'
import { IconDatabaseEdit, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type DataTaskOut, listDataTasksInfiniteOptions, listModulesOptions } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { When } from '../parts/When'
import { DataTabs } from '../records/DataTabs'
import { format, t as shared } from '../text'
import { dataTasks as t } from '../text/dataTasks'

/** All saved data tasks, and a new one. */
export function Page() {
  useLive(['revision'], ['listDataTasks'])
  const found = useInfiniteQuery({
    ...listDataTasksInfiniteOptions({ query: { limit: 100 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const items = found.data?.pages.flatMap((page) => page.items)
  const create = (
    <Button component={Link} to="/data-tasks/new" leftSection={<IconPlus size={16} />}>
      {t.create}
    </Button>
  )
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        {items && items.length > 0 && create}
      </PageHeader>
      <DataTabs />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={240} role="status" aria-label={shared.common.loading} />}
      {items?.length === 0 && (
        <Empty icon={IconDatabaseEdit} title={t.empty} about={t.emptyAbout}>
          {create}
        </Empty>
      )}
      {items && items.length > 0 && <Tasks items={items} />}
      {found.hasNextPage && (
        <Center mt="sm">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            {shared.common.more}
          </Button>
        </Center>
      )}
    </>
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
              <Table.Td>
                <Anchor component={Link} to={`/data-tasks/${task.key}`} size="sm" fw={500}>
                  {task.name}
                </Anchor>
                {task.description && (
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {task.description}
                  </Text>
                )}
              </Table.Td>
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
