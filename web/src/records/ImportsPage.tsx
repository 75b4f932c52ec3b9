import { Anchor, Button, Center, Group, Menu, Paper, Progress, Skeleton, Table, Text } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { type Import, listImportsInfiniteOptions } from '../api'
import { live } from '../app/live'
import { may, useMe } from '../app/useMe'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { format, t as shared } from '../text'
import { records as t } from '../text/records'
import { DataTabs } from './DataTabs'
import { isUnderWay } from './importing/useImport'
import { useModules } from './model'

/** Files that were brought in, how far each is and what came of it. */
export function Page() {
  const cache = useQueryClient()
  const options = listImportsInfiniteOptions({ query: { limit: 50 } })
  const found = useInfiniteQuery({
    ...options,
    initialPageParam: {},
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isUnderWay)) ? 1_500 : false,
  })
  useEffect(
    () => live.on('imports', () => cache.invalidateQueries({ queryKey: options.queryKey })),
    [cache, options.queryKey],
  )
  const imports = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHeader title={t.imports} about={t.importsAbout}>
        <StartImport />
      </PageHeader>
      <DataTabs />
      {found.error ? (
        <Problem error={found.error} onRetry={() => found.refetch()} />
      ) : !found.data ? (
        <Skeleton h={280} />
      ) : imports.length === 0 ? (
        <Empty icon={IconFileImport} title={t.noImports} about={t.noImportsAbout} />
      ) : (
        <List imports={imports} />
      )}
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

/** Which module a file is for. */
function StartImport() {
  const me = useMe()
  const modules = useModules()
  const open = (modules.data?.items ?? []).filter(
    (module) => !module.read_only && !module.system && !module.parent_field && may(me, 'create', module.key),
  )
  if (open.length === 0) return null
  return (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconFileImport size={16} />}>{t.importFile}</Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: 'auto' }}>
        <Menu.Label>{t.importInto}</Menu.Label>
        {open.map((module) => (
          <Menu.Item key={module.key} component={Link} to={`/records/${module.key}/import`}>
            {module.label_plural}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function List({ imports }: { imports: Import[] }) {
  const modules = useModules()
  const nameOf = (key: string) => modules.data?.items.find((one) => one.key === key)?.label_plural ?? key
  return (
    <Paper className="surface" style={{ overflowX: 'auto' }}>
      <Table miw={860} aria-label={t.imports}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.importFileColumn}</Table.Th>
            <Table.Th>{t.importModule}</Table.Th>
            <Table.Th>{t.importState}</Table.Th>
            <Table.Th w={220}>{t.importRowsColumn}</Table.Th>
            <Table.Th>{t.importBy_}</Table.Th>
            <Table.Th>{t.importWhen}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {imports.map((one) => (
            <Table.Tr key={one.id} data-testid={`import-${one.id}`}>
              <Table.Td maw={320}>
                <Anchor
                  component={Link}
                  to={`/records/${one.module}/import?import=${one.id}`}
                  style={{ overflowWrap: 'anywhere' }}
                >
                  {one.document_name}
                </Anchor>
                {one.dry_run && (
                  <Text span size="xs" c="dimmed">
                    {' '}
                    {t.importTriedOnly}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{nameOf(one.module)}</Table.Td>
              <Table.Td miw={120}>
                <Status of={one.status} />
              </Table.Td>
              <Table.Td>
                <Rows found={one} />
              </Table.Td>
              <Table.Td>{one.user_name}</Table.Td>
              <Table.Td>
                <When at={one.created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

function Rows({ found }: { found: Import }) {
  if (isUnderWay(found))
    return (
      <Progress
        value={found.total ? (found.done / found.total) * 100 : 0}
        animated
        aria-label={t.importProgress}
      />
    )
  return (
    <Group gap={4}>
      <Text size="sm">{t.importSummary(format.number(found.created), format.number(found.updated))}</Text>
      {found.failed > 0 && (
        <Text size="sm" c="var(--mantine-color-error)">
          {t.importSummaryWrong(format.number(found.failed))}
        </Text>
      )}
    </Group>
  )
}
