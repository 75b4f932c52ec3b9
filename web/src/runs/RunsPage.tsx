import { Button, Skeleton } from '@mantine/core'
import { IconDownload, IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { api } from '../api'
import { live } from '../app/live'
import { useMe } from '../app/useMe'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { t } from '../text'
import { runs as words } from '../text/runs'
import { ChosenRuns } from './ChosenRuns'
import { exportAddress, KEYS, queryOf } from './filter'
import { HistoryTabs } from './HistoryTabs'
import { RunFilter } from './RunFilter'
import { RunsTable } from './RunsTable'

/** The history: all runs that one may see, the newest first. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const me = useMe()
  const builds = me.administrator || me.builder
  // Who sees the bulk runs finds their records there; on one record all runs are told.
  const members = !builds || params.has('record_id')
  const query = useMemo(() => ({ ...queryOf(params), members }), [params, members])
  const cache = useQueryClient()
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const found = useInfiniteQuery({
    queryKey: ['runs', query],
    queryFn: async ({ pageParam, signal }) =>
      (await api.listRuns({ query: { ...query, limit: 50, cursor: pageParam }, signal, throwOnError: true }))
        .data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  useEffect(() => live.on('runs', () => cache.invalidateQueries({ queryKey: ['runs'] })), [cache])
  const runs = found.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = KEYS.some((key) => params.get(key))
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <Button
          component="a"
          href={exportAddress(queryOf(params))}
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {words.export}
        </Button>
      </PageHeader>
      {builds && <HistoryTabs />}
      <RunFilter params={params} onChange={setParams} />
      {chosen.size > 0 && (
        <ChosenRuns runs={runs.filter((run) => chosen.has(run.id))} onDone={() => setChosen(new Set())} />
      )}
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={360} />}
      {found.data &&
        runs.length === 0 &&
        (filtered ? <NoneFound onClear={() => setParams({})} /> : <NoneYet />)}
      {runs.length > 0 && <RunsTable runs={runs} chosen={chosen} onChoose={setChosen} />}
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
    </>
  )
}

function NoneYet() {
  return (
    <Empty icon={IconHistory} title={words.none} about={words.noneAbout}>
      <Button component={Link} to="/workflows" mt="xs">
        {words.toWorkflows}
      </Button>
    </Empty>
  )
}

function NoneFound({ onClear }: { onClear: () => void }) {
  return (
    <Empty icon={IconHistory} title={words.noneFound} about={words.noneFoundAbout}>
      <Button variant="default" mt="xs" onClick={onClear}>
        {words.clear}
      </Button>
    </Empty>
  )
}
