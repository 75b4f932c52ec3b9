import { Button, Group, Paper, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { DrawingOut, WholeRun } from '../api'
import { useMe } from '../app/useMe'
import { readDocument } from '../editor/document'
import { format } from '../text'
import { signal as t } from '../text/again'
import { namesOf } from './names'
import { SignalDialog } from './SignalDialog'
import { awaitedSignal } from './signal'

/** The signal that a run waits for, and a way to send it from here. */
export function WaitsForSignal({ run, drawing }: { run: WholeRun; drawing: DrawingOut | undefined }) {
  const me = useMe()
  const [opened, { open, close }] = useDisclosure(false)
  if (!drawing) return null
  const awaited = awaitedSignal(run, readDocument(drawing.document).nodes)
  if (!awaited) return null
  const name = namesOf(drawing).get(awaited.node)?.label
  return (
    <Paper className="surface" px="sm" py={8} mb={6} data-testid="waits-for-signal">
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          {name && (
            <Text size="sm" fw={600} truncate dir="auto">
              {name}
            </Text>
          )}
          <Text size="sm" c={name ? 'dimmed' : undefined} style={{ overflowWrap: 'anywhere' }}>
            {t.waits(awaited.name)}
            {awaited.until && t.until(format.dateTime(awaited.until))}
          </Text>
        </div>
        {(me.administrator || me.builder) && (
          <Button size="xs" variant="default" onClick={open} style={{ flex: 'none' }}>
            {t.send}
          </Button>
        )}
      </Group>
      {opened && <SignalDialog run={run} awaited={awaited.name} onClose={close} />}
    </Paper>
  )
}
