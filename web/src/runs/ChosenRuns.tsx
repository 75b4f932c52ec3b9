import { Button, Group, Paper, Text } from '@mantine/core'
import type { Run } from '../api'
import { runs as words } from '../text/runs'
import { useRunActions } from './useRunActions'
import { isUnderWay } from './words'

/** What can be done with the chosen runs together. */
export function ChosenRuns({ runs, onDone }: { runs: Run[]; onDone: () => void }) {
  const actions = useRunActions(onDone)
  const open = runs.filter(isUnderWay)
  const held = runs.filter((run) => run.status === 'held')
  return (
    <Paper className="surface" p="xs" mb="sm" role="status">
      <Group gap="sm">
        <Text size="sm" fw={600}>
          {words.selected(runs.length)}
        </Text>
        <Button
          size="xs"
          variant="default"
          disabled={held.length === 0}
          loading={actions.busy}
          onClick={() => actions.release(held)}
        >
          {words.release} {held.length > 0 && `(${held.length})`}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={open.length === 0}
          loading={actions.busy}
          onClick={() => actions.cancel(open)}
        >
          {words.cancel} {open.length > 0 && `(${open.length})`}
        </Button>
      </Group>
    </Paper>
  )
}
