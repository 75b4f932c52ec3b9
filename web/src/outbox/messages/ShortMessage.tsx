import { Paper, Text } from '@mantine/core'
import type { Letter } from '../../api'
import { outbox as t } from '../../text/outbox'
import classes from './Messages.module.css'

/** A text or chat message as it looks on a phone or in a room, with what it counts as. */
export function ShortMessage({ letter }: { letter: Letter }) {
  const { title, text, parts, characters, encoding } = letter
  return (
    <div>
      <Paper className={classes.bubble} dir="auto" data-testid="short-message">
        {title && (
          <Text fw={600} size="sm">
            {title}
          </Text>
        )}
        <Text size="sm" className={classes.said}>
          {text}
        </Text>
      </Paper>
      {parts && characters && encoding && (
        <Text size="xs" c="dimmed" mt={6} data-testid="parts">
          {t.parts(parts, characters, encoding)}
        </Text>
      )}
    </div>
  )
}
