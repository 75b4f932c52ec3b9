import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listRunsInfiniteOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { kindOf, nameOf } from '../../runs/origin'
import { records as t } from '../../text/records'
import type { PartProps } from './SidePanel'

/** The runs of workflows on a record, the newest first. */
export function Runs({ module, record }: PartProps) {
  const found = useInfiniteQuery({
    ...listRunsInfiniteOptions({ query: { module: module.key, record_id: record.id, limit: 20 } }),
    initialPageParam: {},
    getNextPageParam: (page) => page.next_cursor,
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  const runs = found.data.pages.flatMap((page) => page.items)
  if (runs.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noRuns}
      </Text>
    )
  return (
    <Stack gap={6}>
      {runs.map((run) => (
        <Group key={run.id} justify="space-between" wrap="nowrap" gap="xs">
          <div style={{ minWidth: 0 }}>
            <Anchor component={Link} to={`/runs/${run.id}`} size="sm" lineClamp={1}>
              {nameOf(run)}
            </Anchor>
            <Text size="xs" c="dimmed">
              {kindOf(run) && `${kindOf(run)} · `}
              <When at={run.created_at} />
            </Text>
          </div>
          <Status of={run.status} />
        </Group>
      ))}
      {found.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {t.showEarlier}
        </Button>
      )}
    </Stack>
  )
}
