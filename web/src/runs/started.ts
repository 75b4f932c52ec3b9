import type { WholeRun } from '../api'
import { format } from '../text'
import { runs as words } from '../text/runs'

/** What ends with a run when it is cancelled, in sentences: what it started and waits for. */
export function startedBy(run: Pick<WholeRun, 'bulk_runs' | 'awaits'>): string[] {
  const many = run.bulk_runs.filter((bulk) => bulk.ended_at === null)
  const sentences = many.map((bulk) =>
    bulk.matched === null
      ? words.bulkEndsUntaken(bulk.id, bulk.name ?? '')
      : words.bulkEnds(bulk.id, bulk.name ?? '', format.number(bulk.processed), format.number(bulk.matched)),
  )
  return run.awaits > 0 ? [...sentences, words.runsEnd(run.awaits)] : sentences
}
