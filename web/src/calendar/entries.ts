import type { EventOut, Task } from '../api'
import { type Day, dayOf, minutesOf, plusDays } from './dates'

/** An event, or a task on the day it is due, as calendars show it. `last`: the last day of several. */
export interface Entry {
  key: string
  title: string
  kind: string
  first: Day
  last: Day
  allDay: boolean
  /** Minutes after midnight of the first and the last day. */
  from: number
  until: number
  done: boolean
  event?: EventOut
  task?: Task
}

/** An event by the clock of the zone; one that ends at midnight ends with the day before. */
export function entryOfEvent(event: EventOut, zone: string): Entry {
  const inZone = event.all_day ? event.time_zone : zone
  const first = dayOf(event.starts_at, inZone)
  const until = minutesOf(event.ends_at, inZone)
  const lastShown = dayOf(event.ends_at, inZone)
  const last = until === 0 && lastShown > first ? plusDays(lastShown, -1) : lastShown
  return {
    key: `event-${event.id}`,
    title: event.title,
    kind: event.kind,
    first,
    last,
    allDay: event.all_day,
    from: minutesOf(event.starts_at, inZone),
    until: until === 0 && lastShown > first ? 1440 : until,
    done: event.status === 'cancelled',
    event,
  }
}

/** A task at the time it is due; half an hour high, so that it can be seen. */
export function entryOfTask(task: Task & { due_at: string }, zone: string): Entry {
  const first = dayOf(task.due_at, zone)
  const from = minutesOf(task.due_at, zone)
  const done = task.status === 'done' || task.status === 'cancelled'
  const span = { first, last: first, allDay: false, from, until: Math.min(1440, from + 30) }
  return { key: `task-${task.id}`, title: task.title, kind: 'task', ...span, done, task }
}

/** What stands on a day: whole days first, then by the clock. */
export function onDay(entries: readonly Entry[], day: Day): Entry[] {
  return entries
    .filter((entry) => entry.first <= day && day <= entry.last)
    .sort((a, b) => Number(isLong(b)) - Number(isLong(a)) || a.from - b.from || a.key.localeCompare(b.key))
}

/** Whether it stands above the hours: whole days, and what goes over midnight. */
export const isLong = (entry: Entry) => entry.allDay || entry.first !== entry.last

export interface Placed {
  entry: Entry
  /** Which of how many columns, side by side. */
  column: number
  columns: number
}

/** Entries with hours side by side where they overlap, each in the first column that is free. */
export function placed(entries: readonly Entry[]): Placed[] {
  const found: Placed[] = []
  let cluster: Placed[] = []
  let ends: number[] = []
  const close = () => {
    for (const one of cluster) one.columns = ends.length
    found.push(...cluster)
    cluster = []
    ends = []
  }
  for (const entry of [...entries].sort((a, b) => a.from - b.from || b.until - a.until)) {
    if (ends.length > 0 && ends.every((end) => end <= entry.from)) close()
    const free = ends.findIndex((end) => end <= entry.from)
    const column = free >= 0 ? free : ends.length
    ends[column] = Math.max(entry.until, entry.from + 20)
    cluster.push({ entry, column, columns: 1 })
  }
  close()
  return found
}
