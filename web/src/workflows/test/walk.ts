import type { Proof, TestedRecord } from '../../api'

export type Would = 'start' | 'trigger' | 'filter' | 'anyway'

/** What became of one record of a test, in a word. */
export function wouldOf(record: Pick<TestedRecord, 'taken' | 'trigger_held' | 'status'>): Would {
  if (record.taken) return 'start'
  if (record.status !== null) return 'anyway'
  return record.trigger_held ? 'filter' : 'trigger'
}

/** The sign of a record's tab: how its run ended, or that there was none. */
export const endOf = (record: Pick<TestedRecord, 'status' | 'error'>): string =>
  record.status === null ? 'skipped' : record.error ? 'failed' : record.status

/** The records that were there for the test alone, as "module/id": they cannot be looked up. */
export function madeIn(record: TestedRecord, module: string | null, form: boolean): ReadonlySet<string> {
  const made = record.steps.flatMap((step) => step.changes).filter((one) => one.operation === 'created')
  const own = form && record.record_id !== null ? [`${module}/${record.record_id}`] : []
  return new Set([...own, ...made.map((one) => `${one.module}/${one.record_id}`)])
}

/** How many rows were written and taken back, of all tables. */
export const writesOf = (proof: Proof): number =>
  proof.undone.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0)

/** Where an arrow key leads among so many steps; null: it is another key. */
export function stepTo(key: string, at: number, length: number): number | null {
  if (length === 0) return null
  if (key === 'ArrowRight' || key === 'ArrowDown') return Math.min(at + 1, length - 1)
  if (key === 'ArrowLeft' || key === 'ArrowUp') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? length - 1 : null
}
