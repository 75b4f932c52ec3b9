import { Alert, Box, Button, Group, Skeleton, Text } from '@mantine/core'
import { IconDatabase, IconFileImport, IconFilterOff, IconPlus } from '@tabler/icons-react'
import { useMemo } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import type { FieldOut, ModuleOut } from '../../api'
import { may, useMe } from '../../app/useMe'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { records as t } from '../../text/records'
import { pathOf } from '../model'
import { NewRecord } from '../record/NewRecord'
import { BulkBar } from './BulkBar'
import { ListTools } from './ListTools'
import { RecordTable } from './RecordTable'
import { type ListState, nextSort, useChangeAddress } from './state'
import { useRecordList } from './useRecordList'
import { useSelection } from './useSelection'
import type { useViews } from './useViews'
import { ViewTabs } from './ViewTabs'

interface Props {
  module: ModuleOut
  state: ListState
  views: ReturnType<typeof useViews>
}

/** A list with everything around it. */
export function ListPage({ module, state, views }: Props) {
  const me = useMe()
  const change = useChangeAddress()
  const list = useRecordList(module, state)
  const selection = useSelection()
  const mayCreate = !module.read_only && may(me, 'create', module.key)
  const columns = useMemo(
    () =>
      state.columns
        .map((key) => module.fields.find((field) => field.key === key))
        .filter((field): field is FieldOut => field !== undefined),
    [state.columns, module],
  )
  const filtered = list.where !== null
  return (
    <>
      <PageHeader
        title={module.label_plural}
        beside={
          <Text size="sm" c="dimmed" role="status" data-testid="record-count">
            {list.count.data && t.count(list.count.data.count, list.count.data.exact)}
          </Text>
        }
      >
        {mayCreate && (
          <>
            <Button
              component={Link}
              to={`/records/${module.key}/import`}
              variant="default"
              leftSection={<IconFileImport size={16} />}
            >
              {t.import}
            </Button>
            <Button leftSection={<IconPlus size={16} />} onClick={() => change({ new: '1' })}>
              {t.new(module.label)}
            </Button>
          </>
        )}
      </PageHeader>
      <ViewTabs module={module} state={state} views={views} />
      <ListTools module={module} state={state} where={list.where} />
      {state.broken && (
        <Alert color="orange" py={6} mb="xs">
          {t.invalidJson}
        </Alert>
      )}
      {list.pages.error ? (
        <Problem error={list.pages.error} title={t.notLoaded} onRetry={() => list.pages.refetch()} />
      ) : !list.pages.data ? (
        <Skeleton h={440} />
      ) : list.records.length === 0 ? (
        <Nothing module={module} filtered={filtered} mayCreate={mayCreate} />
      ) : (
        <Box
          style={{ opacity: list.pages.isPlaceholderData ? 0.6 : 1 }}
          aria-busy={list.pages.isPlaceholderData}
        >
          <RecordTable
            module={module}
            columns={columns}
            records={list.records}
            titles={list.titles}
            sort={state.sort}
            onSort={(key) => change({ sort: nextSort(state.sort, key).join(',') }, true)}
            selection={selection}
            total={list.count.data?.count}
            more={{
              has: list.pages.hasNextPage,
              loading: list.pages.isFetchingNextPage,
              load: list.pages.fetchNextPage,
            }}
            around={selection.ids.size > 0 || selection.all ? 300 : 246}
          />
        </Box>
      )}
      {(selection.ids.size > 0 || selection.all) && (
        <BulkBar
          module={module}
          selection={selection}
          where={list.where}
          count={list.count.data}
          state={state}
        />
      )}
      <MakeNew module={module} allowed={mayCreate} />
    </>
  )
}

function Nothing({
  module,
  filtered,
  mayCreate,
}: {
  module: ModuleOut
  filtered: boolean
  mayCreate: boolean
}) {
  const change = useChangeAddress()
  if (filtered)
    return (
      <Empty icon={IconFilterOff} title={t.nothingFits} about={t.nothingFitsAbout}>
        <Button variant="default" onClick={() => change({ where: '', q: null })}>
          {t.showAll}
        </Button>
      </Empty>
    )
  return (
    <Empty
      icon={IconDatabase}
      title={t.empty(module.label_plural)}
      about={mayCreate ? t.emptyAbout : t.emptyReader}
    >
      {mayCreate && (
        <Group>
          <Button variant="default" onClick={() => change({ new: '1' })}>
            {t.new(module.label)}
          </Button>
          <Button component={Link} to={`/records/${module.key}/import`} variant="default">
            {t.import}
          </Button>
        </Group>
      )}
    </Empty>
  )
}

/** The form for a new record, open while the address says new=1. */
function MakeNew({ module, allowed }: { module: ModuleOut; allowed: boolean }) {
  const [params] = useSearchParams()
  const change = useChangeAddress()
  const navigate = useNavigate()
  if (!allowed || !params.has('new')) return null
  return (
    <NewRecord
      module={module}
      another
      onClose={() => change({ new: null }, true)}
      onCreated={(record) => navigate(pathOf(module.key, record.id), { replace: true })}
    />
  )
}
