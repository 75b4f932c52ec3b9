import type { Run } from '../api'
import { runs as words } from '../text/runs'

/** What started a run, in words; a trigger of another package is called by its key. */
export function causeOf(run: Pick<Run, 'started_by' | 'user_name'>): string {
  if (run.started_by === 'manual' && run.user_name) return words.byHand(run.user_name)
  return words.causes[run.started_by] ?? run.started_by.replaceAll('_', ' ')
}

/** Seconds from start to end, or until now; null while it has not begun. */
export function secondsOf(run: Pick<Run, 'started_at' | 'ended_at'>, now = Date.now()): number | null {
  if (!run.started_at) return null
  const end = run.ended_at ? Date.parse(run.ended_at) : now
  return Math.max(0, (end - Date.parse(run.started_at)) / 1000)
}

/** Whether something is still to come. */
export function isUnderWay(run: Pick<Run, 'ended_at'>): boolean {
  return run.ended_at === null
}

/** The error of a run or a step: what happened, and what to do. */
export function errorOf(error: unknown): { message: string; suggestion: string } | null {
  if (!isRecord(error)) return null
  const text = (key: string) => (typeof error[key] === 'string' ? error[key] : '')
  return { message: text('message') || text('code'), suggestion: text('suggestion') }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
