import { Button, Group, Paper, SegmentedControl, Skeleton, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { listBulkRunRecordsInfiniteOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { format, t as shared } from '../../text'
import { bulk as t } from '../../text/bulk'
import { BeforeAfter } from './BeforeAfter'
import { Failures } from './Failures'
import { type Counts, remaining } from './shape'

export const OUTCOMES = ['changed', 'unchanged', 'failed', 'skipped', 'cancelled'] as const
export type Outcome = (typeof OUTCOMES)[number]

interface Props {
  id: number
  run: Counts
  module: string | null
  outcome: Outcome
  onOutcome: (outcome: Outcome) => void
}

/** The records of a bulk run by what became of them: before and after, or why not. */
export function Members({ id, run, module, outcome, onOutcome }: Props) {
  const counts = countsOf(run)
  return (
    <Paper className="surface" withBorder p="md" data-testid="bulk-records">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2}>{t.records}</Title>
        <SegmentedControl
          size="xs"
          aria-label={t.outcome}
          value={outcome}
          onChange={(value) => onOutcome(OUTCOMES.find((one) => one === value) ?? 'changed')}
          data={OUTCOMES.map((one) => ({
            value: one,
            label:
              counts[one] > 0 ? `${t.outcomes[one]} ${format.number(counts[one])}` : (t.outcomes[one] ?? one),
          }))}
        />
      </Group>
      <MembersTable id={id} module={module} outcome={outcome} />
    </Paper>
  )
}

/** How many of each there are, as far as the counts tell. */
function countsOf(run: Counts): Record<Outcome, number> {
  const unchanged = run.processed - run.changed - run.failed - run.skipped
  return {
    changed: run.changed,
    unchanged: Math.max(0, unchanged),
    failed: run.failed,
    skipped: run.skipped,
    cancelled: run.status === 'cancelled' ? remaining(run) : 0,
  }
}

interface TableProps {
  id: number
  module: string | null
  outcome: Outcome
  /** Only those that failed for this reason. */
  cause?: string
  /** That reason, where it stands above the table. */
  known?: string
  limit?: number
}

/** One page after the other of the records with one outcome. */
export function MembersTable({ id, module, outcome, cause, known, limit = 25 }: TableProps) {
  const found = useInfiniteQuery({
    ...listBulkRunRecordsInfiniteOptions({ path: { bulk_run_id: id }, query: { outcome, cause, limit } }),
    initialPageParam: { path: { bulk_run_id: id } },
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} role="status" aria-label={shared.common.loading} />
  const items = found.data.pages.flatMap((page) => page.items)
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noRecords[outcome]}
      </Text>
    )
  const label = t.outcomes[outcome] ?? outcome
  return (
    <>
      {outcome === 'changed' || outcome === 'unchanged' ? (
        <BeforeAfter members={items} module={module} label={label} />
      ) : (
        <Failures members={items} module={module} label={label} known={known} />
      )}
      {found.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {shared.common.more}
        </Button>
      )}
    </>
  )
}
