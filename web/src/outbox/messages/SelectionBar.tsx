import { Button, Group, Paper, Text } from '@mantine/core'
import type { Message } from '../../api'
import { outbox as t } from '../../text/outbox'
import { useDecisions } from './useDecisions'
import { DECISIONS } from './wanted'

interface Props {
  chosen: readonly Message[]
  onDone: () => void
}

/** What can be done with the messages that are selected; each deed counts those that it is about. */
export function SelectionBar({ chosen, onDone }: Props) {
  const decide = useDecisions(onDone)
  if (chosen.length === 0) return null
  const idsFor = (deed: 'release' | 'discard' | 'resolve') =>
    chosen.filter((item) => DECISIONS[item.status][deed]).map((item) => item.id)
  const [held, stoppable, uncertain] = [idsFor('release'), idsFor('discard'), idsFor('resolve')]
  return (
    <Paper className="surface" p="xs" mb="sm" role="region" aria-label={t.selected(chosen.length)}>
      <Group gap="xs">
        <Text size="sm" fw={500} mr="xs" aria-live="polite">
          {t.selected(chosen.length)}
        </Text>
        {held.length > 0 && (
          <Button
            size="xs"
            loading={decide.pending}
            onClick={() => decide.release({ ids: held }, held.length)}
          >
            {t.releaseMany(held.length)}
          </Button>
        )}
        {uncertain.length > 0 && (
          <>
            <Button size="xs" variant="default" onClick={() => decide.resolve(uncertain, 'sent')}>
              {t.wasSent}
            </Button>
            <Button size="xs" variant="default" onClick={() => decide.resolve(uncertain, 'again')}>
              {t.again}
            </Button>
          </>
        )}
        {stoppable.length > 0 && (
          <Button
            size="xs"
            variant="default"
            loading={decide.pending}
            onClick={() => decide.discard({ ids: stoppable }, stoppable.length)}
          >
            {t.discardMany(stoppable.length)}
          </Button>
        )}
      </Group>
    </Paper>
  )
}
