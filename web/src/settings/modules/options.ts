import type { FieldOut } from '../../api'
import { keyFrom } from '../people/keys'

export type Options = Record<string, unknown>

export interface Choice {
  key: string
  label: string
}

/** Choices as lines of text: the key stands before an equals sign where it is not made from the label. */
export function choicesAsText(options: Options): string {
  return choicesOf(options)
    .map(({ key, label }) => (keyFrom(label) === key ? label : `${key} = ${label}`))
    .join('\n')
}

/** The choices that the lines name; empty lines count for nothing. */
export function choicesFromText(text: string): Choice[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [before, ...after] = line.split('=')
      const label = (after.length > 0 ? after.join('=') : line).trim()
      return { key: after.length > 0 ? (before ?? '').trim() : keyFrom(label), label }
    })
}

export function choicesOf(options: Options): Choice[] {
  const found = Array.isArray(options.choices) ? options.choices : []
  return found.filter(isChoice)
}

function isChoice(value: unknown): value is Choice {
  return typeof value === 'object' && value !== null && 'key' in value && 'label' in value
}

/** What a field's options come to, in a few words, for the list. */
export function summaryOf(field: FieldOut, nameOf: (module: string) => string): string {
  const { options } = field
  if (typeof options.target === 'string') return `→ ${nameOf(options.target)}`
  if (typeof options.expression === 'string') return options.expression
  const choices = choicesOf(options)
  if (choices.length > 0) return choices.map((choice) => choice.label).join(' · ')
  if (typeof options.prefix === 'string' && options.prefix) return `${options.prefix}…`
  return ''
}

/** Options that are filled in by the server and not sent back. */
const COMPUTED = new Set(['result', 'reads'])

/** What differs, as the API takes it: null takes an option away. */
export function changedOptions(before: Options, after: Options): Options {
  const changed: Options = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (COMPUTED.has(key) || JSON.stringify(before[key]) === JSON.stringify(after[key])) continue
    changed[key] = after[key] ?? null
  }
  return changed
}
