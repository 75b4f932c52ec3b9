import type { Kind, Typed } from './names'

/** How a value is said: as it is, by another field, by the calendar, or by a formula. */
export type Way = 'fixed' | 'field' | 'moment' | 'formula'

export const UNITS = ['minutes', 'hours', 'days', 'weeks', 'months', 'years'] as const
export type Unit = (typeof UNITS)[number]
const NAMED = ['today', 'tomorrow', 'yesterday', 'now'] as const
export type Named = (typeof NAMED)[number]

/** A moment: one with a name, or so far from today or now. */
export type Moment = { named: Named } | { from: 'today' | 'now'; plus: number; unit: Unit }

/** Which way a value is said. A list is fixed: each of its items has a way of its own. */
export function wayOfValue(value: unknown): Way {
  if (!isObject(value)) return 'fixed'
  if ('field' in value) return 'field'
  if ('formula' in value) return 'formula'
  return 'today' in value || 'now' in value || 'dynamic' in value ? 'moment' : 'fixed'
}

/** Whether a value is there to compare with, or an empty input. */
export function isFilled(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  if (Array.isArray(value)) return value.length > 0 && value.every(isFilled)
  if (!isObject(value)) return true
  if ('field' in value) return Boolean(value.field)
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
    case 'formula':
      return { formula: '' }
    case 'moment':
      return { dynamic: 'today' }
    case 'fixed':
      return null
  }
}

/** The ways that make sense for a type; all of them where the type is not known. */
export function waysFor(typed: Typed | null): Way[] {
  const dates: (Kind | null)[] = ['date', 'datetime', null]
  const moment: Way[] = dates.includes(typed?.kind ?? null) ? ['moment'] : []
  return ['fixed', 'field', ...moment, 'formula']
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
