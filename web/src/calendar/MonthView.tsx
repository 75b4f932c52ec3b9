import { Text, UnstyledButton } from '@mantine/core'
import { type DragEvent, type KeyboardEvent, useLayoutEffect, useRef } from 'react'
import type { EventOut } from '../api'
import { format } from '../text'
import { calendar as t } from '../text/calendar'
import classes from './Calendar.module.css'
import { Chip } from './Chip'
import { type Day, plusDays, weekOf } from './dates'
import type { NewAt } from './EventDialog'
import { type Entry, onDay } from './entries'

const MOST = 4 // on one day; the others are behind "more"

export interface ViewProps {
  days: Day[]
  day: Day
  today: Day
  entries: Entry[]
  onOpen: (what: EventOut | NewAt) => void
  onMove: (entry: Entry, to: Day) => void
}

interface Props extends ViewProps {
  onGo: (day: Day) => void
  onTurn: (day: Day) => void
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }

/** A month of days: one of them has the focus, arrow keys move it, Enter plans an event, dragging moves one. */
export function MonthView({ days, day, today, entries, onGo, onTurn, onOpen, onMove }: Props) {
  const table = useRef<HTMLTableElement>(null)
  // Where the last key went. Keys are quicker than drawings: one that was asked for earlier takes nothing back.
  const wanted = useRef<Day | null>(null)
  const cell = (of: Day) => table.current?.querySelector<HTMLElement>(`[data-day="${of}"]`)
  useLayoutEffect(() => {
    if (!wanted.current) return
    const to = cell(wanted.current) ?? cell(day)
    to?.focus()
    if (wanted.current === day) wanted.current = null
  })
  const press = (event: KeyboardEvent<HTMLElement>, focused: Day) => {
    if (event.target !== event.currentTarget) return
    const here = wanted.current ?? focused
    const step = STEPS[event.key]
    const to =
      step !== undefined
        ? plusDays(here, step)
        : event.key === 'Home'
          ? weekOf(here)
          : event.key === 'End'
            ? plusDays(weekOf(here), 6)
            : null
    if (to) {
      wanted.current = to
      cell(to)?.focus() // at once, where it is drawn already
      onGo(to)
    } else if (event.key === 'Enter') onOpen({ day: here })
    else return
    event.preventDefault()
  }
  const drop = (event: DragEvent, to: Day) => {
    event.preventDefault()
    const entry = entries.find((one) => one.key === event.dataTransfer.getData('text/plain'))
    if (entry) onMove(entry, to)
  }
  const weeks = Array.from({ length: days.length / 7 }, (_, at) => days.slice(at * 7, at * 7 + 7))
  return (
    <table
      ref={table}
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: arrow keys move in it (ARIA grid pattern)
      role="grid"
      aria-label={t.views.month}
      className={classes.month}
      data-testid="calendar-month"
    >
      <thead>
        <tr>
          {days.slice(0, 7).map((one) => (
            <th key={one} className={classes.weekday} scope="col">
              {weekday(one)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]}>
            {week.map((one) => (
              // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a td of a grid is a gridcell, which is selected
              <td
                key={one}
                tabIndex={one === day ? 0 : -1}
                aria-label={format.date(one)}
                aria-selected={one === day}
                aria-current={one === today ? 'date' : undefined}
                data-outside={one.slice(0, 7) !== day.slice(0, 7) || undefined}
                data-day={one}
                className={classes.day}
                onKeyDown={(event) => press(event, one)}
                onDoubleClick={(event) => event.target === event.currentTarget && onOpen({ day: one })}
                onDragOver={(event) => event.preventDefault()}
                onDrop={(event) => drop(event, one)}
              >
                <UnstyledButton
                  className={classes.number}
                  tabIndex={-1}
                  data-today={one === today || undefined}
                  onClick={() => onTurn(one)}
                  aria-label={t.showDay(format.date(one))}
                >
                  {Number(one.slice(8))}
                </UnstyledButton>
                <OfDay entries={onDay(entries, one)} onOpen={onOpen} onMore={() => onTurn(one)} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface OfDayProps {
  entries: Entry[]
  onOpen: (event: EventOut) => void
  onMore: () => void
}

function OfDay({ entries, onOpen, onMore }: OfDayProps) {
  const shown = entries.length > MOST ? entries.slice(0, MOST - 1) : entries
  return (
    <>
      {shown.map((entry) => (
        <Chip key={entry.key} entry={entry} onOpen={onOpen} />
      ))}
      {entries.length > shown.length && (
        <UnstyledButton onClick={onMore}>
          <Text size="xs" c="dimmed">
            {t.more(entries.length - shown.length)}
          </Text>
        </UnstyledButton>
      )}
    </>
  )
}

/** "Mon". */
export const weekday = (day: Day) =>
  new Intl.DateTimeFormat(format.locale, { weekday: 'short', timeZone: 'UTC' }).format(
    new Date(`${day}T12:00:00Z`),
  )
