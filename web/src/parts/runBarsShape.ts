import type { Bar } from '../api'
import { format, plural, t } from '../text'
import { bars as words } from '../text/home'

/** One recent run, as the server lists them beside a workflow: the oldest first. */
export type RunBar = Bar

/** How a state is drawn: three of them share the outline of what is not over yet. */
export type Look = 'succeeded' | 'failed' | 'partial' | 'cancelled' | 'held' | 'open'

const LOOKS: Record<string, Look> = {
  succeeded: 'succeeded',
  failed: 'failed',
  partial: 'partial',
  cancelled: 'cancelled',
  held: 'held',
}

export const lookOf = (status: string): Look => LOOKS[status] ?? 'open'

const SHORTEST = 0.35
const DECADES = 8

/**
 * The height of a bar, from 0.35 to 1: each tenfold duration is one step up, from a millisecond to a day,
 * so that bars of different workflows compare. What is under way stands at half height.
 */
export function heightOf(seconds: number | null): number {
  if (seconds === null) return 0.5
  const decade = (Math.log10(Math.max(seconds, 0.001)) + 3) / DECADES
  return SHORTEST + (1 - SHORTEST) * Math.min(Math.max(decade, 0), 1)
}

/** "30 runs: 28 succeeded, 2 failed": what the bars say, for who does not see them. */
export function summaryOf(bars: readonly RunBar[]): string {
  if (bars.length === 0) return words.none
  const counts = new Map<string, number>()
  for (const bar of bars) counts.set(bar.status, (counts.get(bar.status) ?? 0) + 1)
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([status, count]) => `${format.number(count)} ${(t.common.status[status] ?? status).toLowerCase()}`)
  return `${plural(bars.length, words.runs)}: ${parts.join(', ')}`
}

/** The record a run was about, by what names it; of a bulk run how many, and how many failed. */
export function subjectOf(bar: RunBar): string | null {
  if (!bar.bulk) return bar.record_title ?? bar.record_id
  if (bar.matched === null) return null
  const all = plural(bar.matched, words.records)
  return bar.failed ? `${all}, ${words.failed(format.number(bar.failed))}` : all
}

/** Where a bar leads. */
export const pathOf = (bar: RunBar): string => (bar.bulk ? `/runs/bulk/${bar.id}` : `/runs/${bar.id}`)

/** What tells a bar from the others. */
export const keyOf = (bar: RunBar): string => `${bar.bulk ? 'bulk' : 'run'} ${bar.id}`

/** One bar in words, for its link. */
export function wordsOf(bar: RunBar): string {
  const parts = [t.common.status[bar.status] ?? bar.status, subjectOf(bar), format.relative(bar.at)]
  if (bar.seconds !== null) parts.push(format.duration(bar.seconds))
  return parts.filter(Boolean).join(', ')
}
