import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { DrawingOut, WholeRun } from '../api'
import { useCatalogue } from '../editor/catalogue'
import { readDocument } from '../editor/document'
import { Status } from '../parts/Status'
import { format } from '../text'
import { runs as words } from '../text/runs'
import { namesOf } from './names'
import { awaitedSignal } from './signal'
import { endOfWait } from './waiting'

interface Props {
  run: WholeRun
  drawing: DrawingOut | undefined
}

/** At which block a run waits, until when, and the bulk runs that it started there. */
export function WaitsHere({ run, drawing }: Props) {
  const blocks = useCatalogue().known?.blocks
  const nodes = drawing ? readDocument(drawing.document).nodes : []
  const node = nodes.find(({ key }) => key === run.node)
  const told = namesOf(drawing).get(node?.key ?? '')
  const until = endOfWait(run, node)
  const elsewhere =
    awaitedSignal(run, nodes) ||
    run.calls.some((call) => call.status === 'queued' || call.status === 'calling') ||
    run.questions.some((one) => one.status === 'open')
  const waits = run.status === 'waiting' && node && !elsewhere
  if (!waits && run.bulk_runs.length === 0) return null
  return (
    <Paper className="surface" px="sm" py={8} mb={6} data-testid="waits-here">
      <Stack gap={4}>
        {waits && (
          <div>
            <Text size="sm" fw={600} dir="auto">
              {words.waitsAt(told?.label || blocks?.get(node.block)?.label || node.key)}
            </Text>
            <Text size="xs" c="dimmed">
              {[told?.summary, until && words.waitsUntil(format.dateTime(until))].filter(Boolean).join(' · ')}
            </Text>
          </div>
        )}
        {run.bulk_runs.map((bulk) => (
          <Group key={bulk.id} gap="xs" wrap="nowrap">
            <Status of={bulk.status} />
            <Anchor component={Link} to={`/runs/bulk/${bulk.id}`} size="sm" truncate>
              {words.bulkOf(bulk.id, bulk.name ?? '')}
            </Anchor>
            {bulk.matched !== null && (
              <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
                {words.bulkDone(format.number(bulk.processed), format.number(bulk.matched))}
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </Paper>
  )
}
