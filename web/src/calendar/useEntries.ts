import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import {
  changeEventMutation,
  changeTaskMutation,
  listEventsOptions,
  listTasksOptions,
  queries,
  type Task,
} from '../api'
import { sayDone, sayProblem } from '../parts/saying'
import { useLive } from '../parts/useLive'
import { calendar as t } from '../text/calendar'
import { type Day, momentOf, plusDays, wallOf } from './dates'
import { type Entry, entryOfEvent, entryOfTask } from './entries'

const MOST = 500

/** Every list that shows events or due dates is asked for again. */
export function refreshCalendar() {
  for (const _id of ['listEvents', 'listTasks', 'getTask', 'listInbox', 'getHome'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What stands on some days, and how it is moved to another. */
export function useEntries(days: readonly Day[], zone: string) {
  const since = momentOf(`${days[0]}T00:00`, zone).toISOString()
  const until = momentOf(`${plusDays(days.at(-1) ?? '', 1)}T00:00`, zone).toISOString()
  useLive(['tasks'], ['listTasks', 'listEvents'])
  const events = useQuery({
    ...listEventsOptions({ query: { since, until, limit: MOST } }),
    placeholderData: keepPreviousData,
  })
  const tasks = useQuery({
    ...listTasksOptions({ query: { due_since: since, due_until: until, limit: MOST } }),
    placeholderData: keepPreviousData,
  })
  const ends = { onError: (error: unknown) => sayProblem(error, t.notMoved), onSettled: refreshCalendar }
  const changeEvent = useMutation({ ...changeEventMutation(), ...ends })
  const changeTask = useMutation({ ...changeTaskMutation(), ...ends })
  const move = (entry: Entry, to: Day) => {
    const by = Math.round((Date.parse(to) - Date.parse(entry.first)) / 86_400_000)
    const said = { onSuccess: () => sayDone(t.moved) }
    if (by === 0) return
    if (entry.event) {
      const { id, etag, starts_at, ends_at, all_day, time_zone } = entry.event
      const at = all_day ? time_zone : zone
      const body = { starts_at: later(starts_at, by, at), ends_at: later(ends_at, by, at) }
      changeEvent.mutate({ path: { event_id: id }, body, headers: { 'If-Match': etag } }, said)
    } else if (entry.task?.due_at) {
      const { id, etag, due_at } = entry.task
      const body = { due_at: later(due_at, by, zone) }
      changeTask.mutate({ path: { task_id: id }, body, headers: { 'If-Match': etag } }, said)
    }
  }
  return {
    entries: events.data &&
      tasks.data && [
        ...events.data.items.map((event) => entryOfEvent(event, zone)),
        ...tasks.data.items.filter(isDue).map((task) => entryOfTask(task, zone)),
      ],
    error: events.error ?? tasks.error,
    retry: () => {
      events.refetch()
      tasks.refetch()
    },
    move,
  }
}

const isDue = (task: Task): task is Task & { due_at: string } =>
  task.due_at !== null && task.status !== 'cancelled'

/** The same clock time so many days later, also over a change of the clocks. */
function later(moment: string, days: number, zone: string): string {
  const wall = wallOf(moment, zone)
  return momentOf(`${plusDays(wall.slice(0, 10), days)}${wall.slice(10)}`, zone).toISOString()
}
