import { useQuery } from '@tanstack/react-query'
import { type FieldOut, listModulesOptions, type Me, type ModuleOut } from '../api'

export type Values = Record<string, unknown>
export type Titles = Record<string, Record<string, unknown>>

/** What names a choice of a select, multi-select or stage field. */
export interface Choice {
  key: string
  label: string
}

/** Every module that one may see; the frame has asked for them already. */
export function useModules() {
  return useQuery({ ...listModulesOptions(), staleTime: 60_000 })
}

/** One module by its key: undefined while it loads, null when there is none. */
export function useModule(key: string): ModuleOut | null | undefined {
  const modules = useModules()
  if (!modules.data) return undefined
  return modules.data.items.find((module) => module.key === key) ?? null
}

/** The choices of a field, in their order. */
export function choicesOf(field: FieldOut): Choice[] {
  const found = field.options.choices
  return Array.isArray(found) ? (found as Choice[]) : []
}

/** The module that a field leads to. */
export function targetOf(field: FieldOut): string | null {
  if (field.type === 'user') return 'users'
  return typeof field.options.target === 'string' ? field.options.target : null
}

/** A field's currency, where it has one of its own. */
export function currencyOf(field: FieldOut): string | null {
  return typeof field.options.currency === 'string' ? field.options.currency : null
}

/** A number as it was written: single precision has seven digits, and what follows them is noise. */
export function exactNumber(field: FieldOut, value: unknown): unknown {
  if (field.options.sql_type !== 'real' || typeof value !== 'number') return value
  return Number(value.toPrecision(7))
}

/** Formulas are shown as what they give. */
export function shownType(field: FieldOut): string {
  if (field.type !== 'formula') return field.type
  return typeof field.options.result === 'string' ? field.options.result : 'text'
}

/** The fields that one may read, in their order. */
export function readableFields(module: ModuleOut, me: Me): FieldOut[] {
  const rights = me.modules[module.key]
  if (me.administrator) return module.fields
  return module.fields.filter((field) => rights?.fields[field.key] !== 'none')
}

/** Whether one may set a field; the server decides, this says what to draw as an input. */
export function maySet(module: ModuleOut, field: FieldOut, me: Me, action: 'create' | 'update'): boolean {
  if (module.read_only || field.read_only || field.system) return false
  if (field.type === 'formula' || field.type === 'auto_number') return false
  if (me.administrator) return true
  const rights = me.modules[module.key]
  if (!rights || rights[action] === 'none') return false
  const level = rights.fields[field.key]
  return level === undefined || level === 'write'
}

/** What a list shows when nobody has chosen: the title, then the short fields. */
export function usualColumns(module: ModuleOut, me: Me): string[] {
  const fields = readableFields(module, me)
  const short = fields.filter((field) => !field.system && !LONG.has(field.type) && !isBareKey(module, field))
  const rest = short.map((field) => field.key).filter((key) => key !== module.title_field)
  const title = fields.some((field) => field.key === module.title_field) ? module.title_field : null
  const chosen = [...(title ? [title] : []), ...rest].slice(0, 8)
  return chosen.length > 0 ? chosen : fields.slice(0, 6).map((field) => field.key)
}

const LONG = new Set(['long_text', 'rich_text', 'line_items', 'file'])

function isBareKey(module: ModuleOut, field: FieldOut): boolean {
  return module.key_columns.includes(field.key) && field.key !== module.title_field
}

/** What names a record: its title, or its id. */
export function titleOf(module: ModuleOut, record: { id: string; values: Values }): string {
  const value = module.title_field ? record.values[module.title_field] : null
  return value === null || value === undefined || value === '' ? `#${record.id}` : String(value)
}

/** Where a record's page is. */
export function pathOf(module: string, id: unknown): string {
  return `/records/${encodeURIComponent(module)}/${encodeURIComponent(String(id))}`
}

/** Whether two JSON values say the same. */
export function same(a: unknown, b: unknown): boolean {
  const empty = (value: unknown) => value === null || value === undefined || value === ''
  if (empty(a) && empty(b)) return true
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** The condition that names records by their key; null where the key is not one field. */
export function whereKey(module: ModuleOut, ids: string[]): Values | null {
  const [key] = module.key_columns
  const field = module.fields.find((one) => one.key === key)
  if (module.key_columns.length !== 1 || !field) return null
  const values = field.type === 'integer' ? ids.map(Number) : ids
  if (values.length === 1) return { field: field.key, operator: 'equals', value: values[0] }
  return { field: field.key, operator: 'is_one_of', value: values }
}
