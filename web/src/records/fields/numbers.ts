import { format } from '../../text'

/** The decimal separator of the person's language. */
export function decimalPoint(): string {
  const parts = new Intl.NumberFormat(format.locale).formatToParts(1.5)
  return parts.find((part) => part.type === 'decimal')?.value ?? '.'
}

/** A number as it stands in an input: no grouping, the person's own decimal separator. */
export function toInput(value: unknown, point = decimalPoint()): string {
  if (value === null || value === undefined) return ''
  const text = String(value)
  return /^-?\d+\.\d+$/.test(text) ? text.replace('.', point) : text
}

/**
 * What somebody typed or pasted as a number. "1.234,50" and "1,234.50" say the same everywhere; a single
 * separator that could group thousands is read as the person's language has it. What is no number stays as
 * it is: the server says so.
 */
export function fromInput(typed: string, point = decimalPoint()): number | string | null {
  const text = typed.replace(/[\s\u00a0\u202f'’]/g, '').replace(/^\u2212/, '-')
  if (text === '') return null
  if (!/^[+-]?[\d.,]+$/.test(text) || !/\d/.test(text)) return typed
  const found = plain(text, point)
  if (found === null) return typed
  const near = Number(found)
  return String(near) === found ? near : found
}

function plain(text: string, point: string): string | null {
  const marks = [...text].filter((letter) => letter === '.' || letter === ',')
  const last = marks.at(-1)
  if (last === undefined) return text.replace('+', '')
  const other = last === '.' ? ',' : '.'
  const several = marks.filter((mark) => mark === last).length > 1
  const both = marks.includes(other)
  // Two of the same kind can only group; the last of two kinds is the decimal separator.
  const decimal = several ? other : both || last === point || !/[.,]\d{3}$/.test(text) ? last : other
  if (several && both) return null
  const [whole = '', part = ''] = text.replaceAll(decimal === '.' ? ',' : '.', '').split(decimal)
  const digits = part === '' ? whole : `${whole === '' || whole === '-' ? `${whole}0` : whole}.${part}`
  return /^[+-]?\d+(\.\d+)?$/.test(digits) ? digits.replace('+', '') : null
}
