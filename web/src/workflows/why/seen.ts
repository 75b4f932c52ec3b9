import type { CheckOut } from '../../api'
import { format } from '../../text'
import { why as t } from '../../text/trust'

export interface Seen {
  name: string
  value: string
  /** The id of the run that it is about. */
  run?: number
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/

/** The values that a check saw, those that have a name for people; moments as the person writes them. */
export function seenOf(check: Pick<CheckOut, 'values'>): Seen[] {
  return Object.entries(t.values).flatMap(([key, name]) => {
    const value = check.values[key]
    if (value === null || value === undefined || value === '') return []
    if (key === 'run') return typeof value === 'number' ? [{ name, value: String(value), run: value }] : []
    const shown = inWords(value)
    return shown ? [{ name, value: shown }] : []
  })
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? format.list(value.map(String)) : ''
  if (typeof value === 'string') return MOMENT.test(value) ? format.dateTime(value) : value
  return typeof value === 'number' ? format.number(value) : ''
}
