import { Badge, Group, Paper, Stack, Text } from '@mantine/core'
import { IconCalendarEvent } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { listRecordEventsOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { spanOf } from '../../parts/span'
import { calendar as t } from '../../text/calendar'
import type { PartProps } from './SidePanel'

/** The events about a record that are still to come, the first of them on top; nothing where there are none. */
export function RecordEvents({ module, record }: PartProps) {
  const path = { module: module.key, record_id: String(record.id) }
  const found = useQuery(listRecordEventsOptions({ path }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  const now = Date.now()
  const ahead = (found.data?.items ?? []).filter((one) => new Date(one.ends_at).getTime() > now).reverse()
  if (ahead.length === 0) return null
  return (
    <Stack gap={6} data-testid="record-events" aria-label={t.events} component="section">
      {ahead.map((event) => (
        <Paper key={event.id} className="surface" px="sm" py={8}>
          <Group gap="xs" wrap="nowrap" align="flex-start">
            <IconCalendarEvent size={18} stroke={1.6} aria-hidden style={{ flex: 'none', marginTop: 1 }} />
            <div style={{ minWidth: 0, flex: 1 }}>
              <Text
                size="sm"
                fw={500}
                dir="auto"
                style={{ overflowWrap: 'anywhere' }}
                td={event.status === 'cancelled' ? 'line-through' : undefined}
              >
                {event.title}
              </Text>
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {[
                  spanOf(event),
                  event.location && t.at(event.location),
                  t.forWhom(event.assignee ?? event.assignee_group ?? ''),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
            </div>
            <Badge color="gray" style={{ flex: 'none' }}>
              {event.status === 'cancelled' ? t.cancelled : (t.kinds[event.kind] ?? event.kind)}
            </Badge>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}
