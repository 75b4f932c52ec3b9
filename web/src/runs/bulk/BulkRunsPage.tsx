import { Button, Group, Select, Skeleton } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'react-router'
import { listBulkRunsInfiniteOptions, listWorkflowsOptions } from '../../api'
import { useMe } from '../../app/useMe'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { useLive } from '../../parts/useLive'
import { t as shared } from '../../text'
import { bulk as t } from '../../text/bulk'
import { runs as words } from '../../text/runs'
import { HistoryTabs } from '../HistoryTabs'
import { BulkRunsTable } from './BulkRunsTable'

const STATUSES = ['queued', 'running', 'paused', 'succeeded', 'partial', 'failed', 'cancelled'] as const

/** All bulk runs that one may see, the newest first. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const status = STATUSES.find((one) => one === params.get('status'))
  const workflow = params.get('workflow') ?? undefined
  useLive(['bulk_runs'], ['listBulkRuns'])
  const found = useInfiniteQuery({
    ...listBulkRunsInfiniteOptions({ query: { status, workflow, limit: 50 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const runs = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHeader title={words.title} about={t.about} />
      <HistoryTabs />
      <Filters status={status} workflow={workflow} onChange={(next) => setParams(next, { replace: true })} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={360} role="status" aria-label={shared.common.loading} />}
      {found.data && runs.length === 0 && (
        <Empty icon={IconStack2} title={status || workflow ? t.noneFound : t.none} about={t.noneAbout}>
          {status || workflow ? (
            <Button variant="default" mt="xs" onClick={() => setParams({})}>
              {words.clear}
            </Button>
          ) : (
            <Button component={Link} to="/workflows" mt="xs">
              {words.toWorkflows}
            </Button>
          )}
        </Empty>
      )}
      {runs.length > 0 && <BulkRunsTable runs={runs} />}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {shared.common.more}
        </Button>
      )}
    </>
  )
}

interface FiltersProps {
  status: string | undefined
  workflow: string | undefined
  onChange: (params: Record<string, string>) => void
}

function Filters({ status, workflow, onChange }: FiltersProps) {
  const me = useMe()
  const builds = me.administrator || me.builder
  const workflows = useQuery({ ...listWorkflowsOptions({ query: { limit: 200 } }), enabled: builds })
  const set = (name: 'status' | 'workflow', value: string | null) => {
    const next = { status, workflow, [name]: value ?? undefined }
    onChange(Object.fromEntries(Object.entries(next).flatMap(([key, one]) => (one ? [[key, one]] : []))))
  }
  return (
    <Group mb="sm" gap="xs">
      <Select
        w={150}
        clearable
        aria-label={words.status}
        placeholder={words.anyStatus}
        data={STATUSES.map((key) => ({ value: key, label: shared.common.status[key] ?? key }))}
        value={status ?? null}
        onChange={(value) => set('status', value)}
      />
      {builds && (
        <Select
          w={260}
          clearable
          searchable
          aria-label={words.workflow}
          placeholder={words.anyWorkflow}
          data={(workflows.data?.items ?? []).map((flow) => ({ value: flow.key, label: flow.name }))}
          value={workflow ?? null}
          onChange={(value) => set('workflow', value)}
        />
      )}
    </Group>
  )
}
