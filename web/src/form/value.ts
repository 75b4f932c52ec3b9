import type { Kind, Typed } from './names'

/** How a value is said: as it is, by another field, of a row beside it, by the calendar, or by a formula. */
export type Way = 'fixed' | 'field' | 'record' | 'target' | 'moment' | 'formula'

/** A row beside the one that names are about: the run's record, or the one that is written. */
export type Beside = 'record' | 'target'
/** Names that are about the run, not about a record. */
const OF_THE_RUN = new Set(['nodes', 'user', 'trigger', 'document'])

/** A path of a row beside, as it is written. */
export function besidePath(beside: Beside, path: string): string {
  return OF_THE_RUN.has(path.split('.')[0] ?? '') ? path : `${beside}.${path}`
}

export const UNITS = ['minutes', 'hours', 'days', 'weeks', 'months', 'years'] as const
export type Unit = (typeof UNITS)[number]
const NAMED = ['today', 'tomorrow', 'yesterday', 'now'] as const
export type Named = (typeof NAMED)[number]

/** A moment: one with a name, or so far from today or now. */
export type Moment = { named: Named } | { from: 'today' | 'now'; plus: number; unit: Unit }

/**
 * Which way a value is said. A list is fixed: each of its items has a way of its own. `beside`: the rows
 * whose fields can be taken, too; what earlier blocks gave belongs to the run's record then.
 */
export function wayOfValue(value: unknown, beside: readonly Beside[] = []): Way {
  if (!isObject(value)) return 'fixed'
  if ('field' in value) {
    const [head = ''] = String(value.field).split('.')
    const own = beside.find((one) => one === head)
    return own ?? (beside.includes('record') && OF_THE_RUN.has(head) ? 'record' : 'field')
  }
  if ('formula' in value) return 'formula'
  return 'today' in value || 'now' in value || 'dynamic' in value ? 'moment' : 'fixed'
}

/** Whether a value is there to compare with, or an empty input. */
export function isFilled(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  if (Array.isArray(value)) return value.length > 0 && value.every(isFilled)
  if (!isObject(value)) return true
  if ('field' in value) return Boolean(value.field) && !String(value.field).endsWith('.')
  return 'formula' in value ? Boolean(value.formula) : true
}

/** The moment that a value says; today for what says none. */
export function momentOf(value: unknown): Moment {
  if (!isObject(value)) return { named: 'today' }
  const named = NAMED.find((one) => one === value.dynamic)
  if (named) return { named }
  const from = isObject(value.now) ? 'now' : 'today'
  const offset = value[from]
  if (!isObject(offset)) return { named: 'today' }
  const plus = typeof offset.plus === 'number' ? offset.plus : 0
  const unit = UNITS.find((one) => one === offset.unit) ?? 'days'
  return plus === 0 ? { named: from } : { from, plus, unit }
}

/** The value that says a moment. Zero away from now is now. */
export function valueOfMoment(moment: Moment): unknown {
  if ('named' in moment) return { dynamic: moment.named }
  return { [moment.from]: { plus: moment.plus, unit: moment.unit } }
}

/** What a value begins as when another way is chosen. */
export function firstOf(way: Way): unknown {
  switch (way) {
    case 'field':
      return { field: '' }
    case 'record':
    case 'target':
      return { field: `${way}.` }
    case 'formula':
      return { formula: '' }
    case 'moment':
      return { dynamic: 'today' }
    case 'fixed':
      return null
  }
}

/** The ways that make sense for a type; all of them where the type is not known. */
export function waysFor(typed: Typed | null, beside: readonly Beside[] = []): Way[] {
  const dates: (Kind | null)[] = ['date', 'datetime', null]
  const moment: Way[] = dates.includes(typed?.kind ?? null) ? ['moment'] : []
  return ['fixed', 'field', ...beside, ...moment, 'formula']
}

/** A typed number as JSON: a number where that keeps every digit, its text where it would not. */
export function numberOf(written: string | number): number | string | null {
  if (typeof written === 'number') return Number.isFinite(written) ? written : null
  const trimmed = written.trim()
  if (trimmed === '' || trimmed === '-') return null
  const number = Number(trimmed)
  return String(number) === trimmed.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') ? number : trimmed
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
