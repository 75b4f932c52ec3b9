import type { BulkRun } from '../../api'
import { format } from '../../text'
import { bulk as t } from '../../text/bulk'
import type { Ran } from '../origin'

/** What the pages need of a bulk run's counts. */
export interface Counts {
  status: string
  matched: number | null
  processed: number
  changed: number
  skipped: number
  failed: number
  waiting?: number
}

/** One piece of the progress bar: how much of the whole, in percent. */
export interface Piece {
  key: 'good' | 'skipped' | 'failed'
  percent: number
}

const OPEN = new Set(['queued', 'running', 'paused'])

/** Whether something is still to come. */
export const isOpen = (run: Pick<Counts, 'status'>): boolean => OPEN.has(run.status)

/** What went well, what was skipped and what failed, as parts of the bar; together what is done. */
export function piecesOf(run: Counts): Piece[] {
  const whole = run.matched ?? 0
  if (whole === 0) return run.status === 'succeeded' ? [{ key: 'good', percent: 100 }] : []
  const part = (count: number) => (100 * Math.min(count, whole)) / whole
  const good = Math.max(0, run.processed - run.skipped - run.failed)
  const pieces: Piece[] = [
    { key: 'good', percent: part(good) },
    { key: 'skipped', percent: part(run.skipped) },
    { key: 'failed', percent: part(run.failed) },
  ]
  return pieces.filter((piece) => piece.percent > 0)
}

/** How many were not dealt with: a cancelled run leaves them. */
export const remaining = (run: Counts): number => Math.max(0, (run.matched ?? 0) - run.processed)

/** "1,204 of 1,310 done · 320 a second · about 12 s left": one line under the bar. */
export function lineOf(
  run: Counts & {
    per_second: number | null
    seconds_left: number | null
    started_at: string | null
    ended_at: string | null
  },
): string {
  if (run.matched === null) return t.preparing
  const parts = [t.of(format.number(run.processed), format.number(run.matched))]
  if (run.status === 'running') {
    if (run.per_second) parts.push(t.perSecond(format.number(Math.round(run.per_second))))
    if (run.seconds_left !== null)
      parts.push(t.left(format.duration(Math.max(1, Math.ceil(run.seconds_left)))))
  }
  const took = secondsOf(run)
  if (run.ended_at && took !== null) parts.push(t.took(format.duration(took)))
  return parts.join(' · ')
}

/** Seconds from start to end; null while it has not ended. */
export function secondsOf(run: { started_at: string | null; ended_at: string | null }): number | null {
  if (!run.started_at || !run.ended_at) return null
  return Math.max(0, (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000)
}

/** What ran, as runs tell it. */
export const ranBy = ({ workflow, made_from }: Pick<BulkRun, 'workflow' | 'made_from'>): Ran => ({
  workflow: workflow?.key ?? null,
  workflow_name: workflow?.name ?? null,
  made_from,
})

/** What started it, in words. */
export function causeOf(run: { started_by: string; by: { name: string | null } | null }): string {
  const cause = t.causes[run.started_by] ?? run.started_by.replaceAll('_', ' ')
  return run.by?.name ? t.by(cause, run.by.name) : cause
}

/** How many records took an exit. */
export interface Taken {
  from: string
  port: string
  count: number
}

/** What happened at a node: how the card is coloured, and a number on its corner. */
export interface AtNode {
  status: string
  badge?: string
}

interface Drawn {
  nodes: readonly { key: string; block: string }[]
  edges: readonly { from: string; port: string; to: string }[]
}

/** Where the records are and where they failed: what came in at a node and did not go out. */
export function nodesOf(
  drawn: Drawn,
  taken: readonly Taken[],
  run: Counts,
  start: string | undefined,
): Map<string, AtNode> {
  const out = new Map<string, number>()
  const by = new Map<string, number>()
  for (const { from, port, count } of taken) {
    out.set(from, Math.max(out.get(from) ?? 0, 0) + count)
    by.set(`${from}/${port}`, (by.get(`${from}/${port}`) ?? 0) + count)
  }
  const found = new Map<string, AtNode>()
  if (start && run.processed > 0) found.set(start, { status: 'succeeded' })
  const stuck = new Map<string, number>()
  for (const { key } of drawn.nodes) {
    if (key === start) continue
    const into = drawn.edges
      .filter((edge) => edge.to === key)
      .reduce((sum, edge) => sum + cameBy(edge, by, run, start), 0)
    const gone = out.get(key) ?? 0
    if (into === 0 && gone === 0) continue
    stuck.set(key, Math.max(0, into - gone))
  }
  // While it runs, those that did not go on are on their way, unless they are no more than have failed.
  const all = [...stuck.values()].reduce((sum, count) => sum + count, 0)
  const isMoving = isOpen(run) && all > run.failed
  for (const [key, count] of stuck) found.set(key, atNode(count, isMoving))
  return found
}

function cameBy(
  edge: { from: string; port: string },
  by: ReadonlyMap<string, number>,
  run: Counts,
  start: string | undefined,
): number {
  const known = by.get(`${edge.from}/${edge.port}`)
  return known ?? (edge.from === start ? run.processed - run.skipped : 0)
}

function atNode(stuck: number, isMoving: boolean): AtNode {
  if (stuck === 0) return { status: 'succeeded' }
  const count = format.number(stuck)
  return isMoving ? { status: 'running', badge: t.here(count) } : { status: 'failed', badge: t.stuck(count) }
}

/** What to write on each line: "node/port" → number. */
export function edgeCounts(
  taken: readonly Taken[],
  run: Counts,
  start: string | undefined,
): Map<string, string> {
  const begun = run.processed - run.skipped
  const sums = new Map<string, number>(start && begun > 0 ? [[`${start}/next`, begun]] : [])
  for (const { from, port, count } of taken) {
    const exit = `${from}/${port}`
    sums.set(exit, from === start ? count : (sums.get(exit) ?? 0) + count)
  }
  return new Map([...sums].filter(([, count]) => count > 0).map(([exit, n]) => [exit, format.number(n)]))
}
