import { UnstyledButton } from '@mantine/core'
import type { CSSProperties } from 'react'
import { useNavigate } from 'react-router'
import type { EventOut } from '../api'
import { calendar as t } from '../text/calendar'
import classes from './Calendar.module.css'
import type { Entry } from './entries'

interface Props {
  entry: Entry
  onOpen: (event: EventOut) => void
  style?: CSSProperties
}

/** One event or task; it opens on a click or Enter, and can be dragged to another day. */
export function Chip({ entry, onOpen, style }: Props) {
  const navigate = useNavigate()
  const open = () => (entry.event ? onOpen(entry.event) : navigate(`/inbox?tab=tasks&task=${entry.task?.id}`))
  const time = entry.allDay ? '' : clock(entry.from)
  return (
    <UnstyledButton
      className={classes.chip}
      data-kind={entry.kind}
      data-done={entry.done || undefined}
      data-testid={entry.key}
      draggable
      onDragStart={(event) => event.dataTransfer.setData('text/plain', entry.key)}
      onClick={open}
      style={style}
      title={entry.title}
      aria-label={t.entry(t.kinds[entry.kind] ?? t.task, time, entry.title)}
    >
      {time && <span className={classes.time}>{time}</span>}
      {entry.title}
    </UnstyledButton>
  )
}

/** Minutes after midnight as a clock shows them. */
export const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
