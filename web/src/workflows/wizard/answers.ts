import type { FieldProblem, ModuleOut } from '../../api'
import type { Config, Schema } from '../../form'

/** The schema of the trigger without what the wizard decides itself. */
export function without(schema: unknown, keys: readonly string[]): Schema {
  if (typeof schema !== 'object' || schema === null) return {}
  const whole = schema as Schema
  const kept = Object.entries(whole.properties ?? {}).filter(([key]) => !keys.includes(key))
  return { ...whole, properties: Object.fromEntries(kept) }
}

/** Whether a schedule says anything: the server says whether it is a good one. */
export function saysWhen({ when, cron }: Config): boolean {
  const said = typeof when === 'object' && when !== null && Object.values(when).some(Boolean)
  return said || Boolean(cron)
}

/** Whether a text message goes to somebody and says something. */
export const saysText = (message: Config): boolean =>
  Array.isArray(message.to) &&
  message.to.length > 0 &&
  typeof message.text === 'string' &&
  message.text.trim() !== ''

/** A text goes to the record's own number, until somebody says otherwise. */
export function toPhoneOf(module: Pick<ModuleOut, 'fields'> | undefined): Config {
  const phone = module?.fields.find((field) => field.type === 'phone')
  return phone ? { to: [{ field: phone.key }] } : {}
}

export interface Placed extends FieldProblem {
  /** The question that it belongs to. */
  step: string
}

const START = /^\/nodes\/0\/config/
const FIRST_BLOCK = /^\/nodes\/1\/config/
const FILTER = /^\/filter/

/** Which question a problem of the workflow is about, with the path from there. */
export function placed(problem: FieldProblem, afterStart: string): Placed {
  if (START.test(problem.path)) {
    const path = problem.path.replace(START, '')
    if (FILTER.test(path)) return { ...problem, path: path.replace(FILTER, ''), step: 'whom' }
    return { ...problem, path, step: 'when' }
  }
  if (FIRST_BLOCK.test(problem.path))
    return { ...problem, path: problem.path.replace(FIRST_BLOCK, ''), step: afterStart }
  return { ...problem, step: afterStart }
}

/** The list with the item at `from` one place further up or down. */
export function moved<T>(items: readonly T[], from: number, by: -1 | 1): T[] {
  const to = from + by
  const one = items[from]
  const other = items[to]
  if (one === undefined || other === undefined) return [...items]
  return items.map((item, at) => (at === from ? other : at === to ? one : item))
}
