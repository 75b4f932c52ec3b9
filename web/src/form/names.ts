import type { FieldOut, ModuleOut, VariableOut } from '../api'

/** What a value is, as conditions know it (conditions/values.py). */
export type Kind =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'time'
  | 'datetime'
  | 'text_list'
  | 'reference'
  | 'json'

export type Modules = ReadonlyMap<string, ModuleOut>
export type Name = VariableOut

/** A value's type and, as far as it is known, the field that it is of. */
export interface Typed {
  kind: Kind | null
  field?: FieldOut
  /** For a link: the module that it leads to. */
  target?: string
}

const KINDS: Record<string, Kind> = {
  integer: 'integer',
  decimal: 'decimal',
  money: 'decimal',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  datetime: 'datetime',
  multi_select: 'text_list',
  reference: 'reference',
  user: 'reference',
  file: 'reference',
}
const NOUNS: Record<string, Kind> = {
  text: 'text',
  'a whole number': 'integer',
  'a number': 'decimal',
  'yes or no': 'boolean',
  'a date': 'date',
  'a time of day': 'time',
  'a date with time': 'datetime',
  'a list of texts': 'text_list',
  'structured data': 'json',
}

/** The kind of value that a field holds. */
export function kindOf(field: FieldOut): Kind {
  if (field.type === 'formula') return (field.options.result as Kind | undefined) ?? 'text'
  return kindOfType(field.type)
}

/** The kind of value of a type of field. */
export function kindOfType(type: string): Kind {
  return KINDS[type] ?? 'text'
}

/** The kind that the server calls so: "a whole number". */
export function kindOfNoun(noun: string): Kind | null {
  return NOUNS[noun] ?? (noun.startsWith('a link') ? 'reference' : null)
}

/** The module that a field leads to; for line items, that of the lines. */
export function targetOf(module: ModuleOut, field: FieldOut): string | null {
  if (field.type === 'user') return 'users'
  if (field.type === 'reference') return text(field.options.target)
  if (field.type === 'line_items') return text(field.options.target) ?? `${module.key}_${field.key}`
  return null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value ? value : null
}

/** The field at the end of a path over links, and the modules on the way; null where it leads nowhere. */
export function follow(
  modules: Modules,
  start: string | null,
  path: string,
): { module: ModuleOut; field: FieldOut; labels: string[] } | null {
  let module = modules.get(start ?? '')
  const labels: string[] = []
  const steps = path.split('.')
  for (const [index, step] of steps.entries()) {
    const field: FieldOut | undefined = module?.fields.find((one) => one.key === step)
    if (!module || !field) return null
    labels.push(field.label)
    if (index === steps.length - 1) return { module, field, labels }
    module = modules.get(targetOf(module, field) ?? '')
  }
  return null
}

/** What a path gives: of the record, a linked one, or the record before the change. */
export function typedPath(modules: Modules, start: string | null, path: string): Typed {
  const found = follow(modules, start, path.replace(/^old\./, ''))
  if (!found)
    return path.split('.').at(-1) === 'id'
      ? { kind: 'reference', target: moduleBefore(modules, start, path) }
      : { kind: null }
  const target = targetOf(found.module, found.field)
  return { kind: kindOf(found.field), field: found.field, ...(target ? { target } : {}) }
}

function moduleBefore(modules: Modules, start: string | null, path: string): string | undefined {
  const above = path.split('.').slice(0, -1).join('.')
  if (!above) return start ?? undefined
  const found = follow(modules, start, above)
  return found ? (targetOf(found.module, found.field) ?? undefined) : undefined
}

/** "Account › Country"; the path itself for what is not known. */
export function labelOfPath(modules: Modules, start: string | null, path: string): string {
  return follow(modules, start, path)?.labels.join(' › ') ?? path
}

/** The module that `children` is about: "lines", "tasks.project", or such a name after links. */
export function childModule(modules: Modules, start: string | null, children: string): ModuleOut | null {
  const module = modules.get(start ?? '')
  const [head = '', ...rest] = children.split('.')
  const link = module?.fields.find((field) => field.key === head && field.type !== 'line_items')
  if (module && link && rest.length > 0) return childModule(modules, targetOf(module, link), rest.join('.'))
  const own = module?.fields.find((field) => field.key === children && field.type === 'line_items')
  if (module && own) return modules.get(targetOf(module, own) ?? '') ?? null
  return modules.get(children.split('.')[0] ?? '') ?? null
}

interface ChildRecords {
  value: string
  label: string
  module: ModuleOut
}

/** The child records of a module, and those of the records that its links lead to: the project's tasks. */
export function childrenAround(modules: Modules, start: string | null): ChildRecords[] {
  const module = modules.get(start ?? '')
  if (!module) return []
  const links = module.fields.filter((field) => field.type === 'reference' && !field.system)
  const beyond = links.flatMap((link) =>
    childrenOf(modules, targetOf(module, link)).map((one) => ({
      ...one,
      value: `${link.key}.${one.value}`,
      label: `${link.label} › ${one.label}`,
    })),
  )
  return [...childrenOf(modules, start), ...beyond]
}

/** Every kind of child record that a module has: its line items, and records that link to it. */
export function childrenOf(modules: Modules, start: string | null): ChildRecords[] {
  const module = modules.get(start ?? '')
  if (!module) return []
  const lines = module.fields
    .filter((field) => field.type === 'line_items')
    .flatMap((field) => {
      const target = modules.get(targetOf(module, field) ?? '')
      return target ? [{ value: field.key, label: field.label, module: target }] : []
    })
  const inLines = new Set(lines.map((one) => one.module.key))
  const linked = [...modules.values()]
    .filter((other) => !inLines.has(other.key))
    .flatMap((other) => {
      const links = other.fields.filter(
        (field) => field.type === 'reference' && targetOf(other, field) === module.key,
      )
      return links.map((field) => ({
        value: `${other.key}.${field.key}`,
        label: links.length > 1 ? `${other.label_plural} (${field.label})` : other.label_plural,
        module: other,
      }))
    })
  return [...lines, ...linked]
}

/** The names of one level of a module, where no workflow says more. */
export function namesOf(modules: Modules, start: string | null, path: string): Name[] {
  const above = path ? follow(modules, start, path) : null
  const module = modules.get((above ? targetOf(above.module, above.field) : start) ?? '')
  if (!module || (path && !above)) return []
  const group = above ? above.labels.join(' › ') : module.label
  const before = path ? `${path}.` : ''
  const found = module.fields
    .filter((field) => field.type !== 'line_items')
    .map((field) => nameOf(modules, module, field, before, group))
  const own = module.fields.some((field) => field.key === 'id') || module.key_columns.length !== 1
  return own ? found : [idOf(before, group), ...found]
}

function nameOf(modules: Modules, module: ModuleOut, field: FieldOut, before: string, group: string): Name {
  const target = modules.get(targetOf(module, field) ?? '')
  const opens = target !== undefined && target.key_columns.length === 1 && before.split('.').length < 8
  const name = `${before}${field.key}`
  return {
    name,
    label: field.label,
    type: '',
    group,
    field_type: field.type,
    expandable: opens,
    path: opens ? name : null,
    template: `{{ record.${name} }}`,
    formula: name,
  }
}

function idOf(before: string, group: string): Name {
  const name = `${before}id`
  return {
    name,
    label: 'Id',
    type: '',
    group,
    field_type: null,
    expandable: false,
    path: null,
    template: `{{ record.${name} }}`,
    formula: name,
  }
}
