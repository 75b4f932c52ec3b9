import type { Task } from '../api'

export type GroupKey = 'overdue' | 'today' | 'later' | 'none' | 'done'
export const GROUPS: readonly GroupKey[] = ['overdue', 'today', 'later', 'none', 'done']

/** Whether a moment is over. */
export const isOverdue = (at: string, now = Date.now()) => new Date(at).getTime() < now

const dayOf = (moment: Date, timeZone: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(moment)

/** Under which heading a task stands, on the calendar of the person's own time zone. */
export function groupOf(task: Pick<Task, 'status' | 'due_at'>, timeZone: string, now = new Date()): GroupKey {
  if (task.status === 'done' || task.status === 'cancelled') return 'done'
  if (!task.due_at) return 'none'
  if (isOverdue(task.due_at, now.getTime())) return 'overdue'
  return dayOf(new Date(task.due_at), timeZone) === dayOf(now, timeZone) ? 'today' : 'later'
}

const URGENCY: Record<string, number> = { urgent: 0, high: 1, normal: 2, low: 3 }

/** What is due first comes first; at the same time, the more urgent; what is done, the latest first. */
export function inGroups<T extends Pick<Task, 'id' | 'status' | 'due_at' | 'done_at' | 'priority'>>(
  tasks: readonly T[],
  timeZone: string,
  now = new Date(),
): { key: GroupKey; tasks: T[] }[] {
  const found = new Map<GroupKey, T[]>(GROUPS.map((key) => [key, []]))
  for (const task of tasks) found.get(groupOf(task, timeZone, now))?.push(task)
  for (const [key, list] of found) list.sort(key === 'done' ? latestFirst : dueFirst)
  return GROUPS.map((key) => ({ key, tasks: found.get(key) ?? [] })).filter((group) => group.tasks.length > 0)
}

type Sortable = Pick<Task, 'id' | 'due_at' | 'done_at' | 'priority'>

const timeOf = (at: string | null) => (at ? new Date(at).getTime() : Number.MAX_SAFE_INTEGER)

function dueFirst(a: Sortable, b: Sortable): number {
  return (
    timeOf(a.due_at) - timeOf(b.due_at) ||
    (URGENCY[a.priority] ?? 2) - (URGENCY[b.priority] ?? 2) ||
    a.id - b.id
  )
}

function latestFirst(a: Sortable, b: Sortable): number {
  return timeOf(b.done_at) - timeOf(a.done_at) || b.id - a.id
}
