import { Badge } from '@mantine/core'
import { t } from '../text'

/** One colour per state, the same in every list, bar and canvas. The word is always there, too. */
const COLORS: Record<string, string> = {
  succeeded: 'green',
  sent: 'green',
  active: 'green',
  done: 'green',
  failed: 'red',
  continued: 'orange',
  partial: 'yellow',
  uncertain: 'orange',
  running: 'blue',
  queued: 'blue',
  sending: 'blue',
  waiting: 'cyan',
  in_progress: 'blue',
  held: 'grape',
  paused: 'grape',
  cancelled: 'gray',
  discarded: 'gray',
  disabled: 'gray',
  archived: 'gray',
  deleted: 'gray',
  draft: 'indigo',
  open: 'indigo',
}

/** A run's, message's, workflow's or task's state as a small coloured word. */
export function Status({ of, label }: { of: string; label?: string }) {
  return (
    <Badge color={COLORS[of] ?? 'gray'} miw="max-content">
      {label ?? t.common.status[of] ?? of}
    </Badge>
  )
}
