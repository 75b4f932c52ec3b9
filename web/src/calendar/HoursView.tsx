import { ScrollArea, UnstyledButton } from '@mantine/core'
import { type DragEvent, useEffect, useRef } from 'react'
import { format } from '../text'
import { calendar as t } from '../text/calendar'
import classes from './Calendar.module.css'
import { Chip, clock } from './Chip'
import { type Day, minutesOf } from './dates'
import { isLong, onDay, placed } from './entries'
import { type ViewProps, weekday } from './MonthView'

const HOUR = 44 // pixels
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const FIRST_SEEN = 7 // o'clock

/** A week, or a day, by the hour; what lasts whole days stands above. */
export function HoursView({ days, today, entries, onOpen, onMove, zone }: ViewProps & { zone: string }) {
  const area = useRef<HTMLDivElement>(null)
  useEffect(() => {
    area.current?.scrollTo({ top: FIRST_SEEN * HOUR })
  }, [])
  const columns = { gridTemplateColumns: `52px repeat(${days.length}, minmax(0, 1fr))` }
  const drop = (event: DragEvent, to: Day) => {
    event.preventDefault()
    const entry = entries.find((one) => one.key === event.dataTransfer.getData('text/plain'))
    if (entry) onMove(entry, to)
  }
  return (
    <div className={classes.hours} data-testid="calendar-hours">
      <div className={classes.heads} style={columns}>
        <span />
        {days.map((day) => (
          <section key={day} aria-label={format.date(day)} className={classes.head}>
            <span className={classes.weekday} data-today={day === today || undefined}>
              {weekday(day)} {Number(day.slice(8))}
            </span>
            {onDay(entries, day)
              .filter(isLong)
              .map((entry) => (
                <Chip key={entry.key} entry={entry} onOpen={onOpen} />
              ))}
          </section>
        ))}
      </div>
      <ScrollArea h={560} viewportRef={area} viewportProps={{ tabIndex: 0, 'aria-label': t.byTheHour }}>
        <div className={classes.columns} style={{ ...columns, height: 24 * HOUR }}>
          <div className={classes.clock}>
            {HOURS.slice(1).map((hour) => (
              <span key={hour} style={{ top: hour * HOUR - 8 }}>
                {clock(hour * 60)}
              </span>
            ))}
          </div>
          {days.map((day) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: whatever can be dropped here can be moved in its form
            <div
              key={day}
              className={classes.column}
              data-day={day}
              onDragOver={(event) => event.preventDefault()}
              onDrop={(event) => drop(event, day)}
            >
              {HOURS.map((hour) => (
                <UnstyledButton
                  key={hour}
                  className={classes.hour}
                  style={{ height: HOUR }}
                  aria-label={t.planAt(format.date(day), clock(hour * 60))}
                  onClick={() => onOpen({ day, minutes: hour * 60 })}
                />
              ))}
              {placed(onDay(entries, day).filter((entry) => !isLong(entry))).map(
                ({ entry, column, columns: of }) => (
                  <Chip
                    key={entry.key}
                    entry={entry}
                    onOpen={onOpen}
                    style={{
                      position: 'absolute',
                      top: (entry.from / 60) * HOUR,
                      height: Math.max(22, ((entry.until - entry.from) / 60) * HOUR - 2),
                      left: `${(column / of) * 100}%`,
                      width: `calc(${100 / of}% - 3px)`,
                      whiteSpace: 'normal',
                    }}
                  />
                ),
              )}
              {day === today && (
                <div className={classes.now} style={{ top: (minutesOf(new Date(), zone) / 60) * HOUR }} />
              )}
            </div>
          ))}
        </div>
      </ScrollArea>
    </div>
  )
}
