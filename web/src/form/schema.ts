import type { Config, Schema, Way, When } from './types'

/** A property as a form draws it: its schema with references followed, and how it is called. */
export interface Property {
  key: string
  schema: Schema
  label: string
  description: string | undefined
  required: boolean
}

type Defs = Record<string, Schema>

/**
 * A schema with its references followed and "X or nothing" taken as X. What the property itself says
 * (title, widget, default) goes before what it refers to.
 */
export function resolve(schema: Schema, defs: Defs, depth = 0): Schema {
  if (depth > 12) return schema
  const { $ref, anyOf, oneOf, allOf, ...own } = schema
  const target = $ref ? defs[$ref.replace(/^#\/(\$defs|definitions)\//, '')] : undefined
  if (target) return { ...resolve(target, defs, depth + 1), ...own }
  const choices = (anyOf ?? oneOf)?.filter((one) => one.type !== 'null')
  const [only] = choices ?? allOf ?? []
  if (only && (choices ?? allOf)?.length === 1) return { ...resolve(only, defs, depth + 1), ...own }
  const constants = choices && constantsOf(choices)
  if (constants) return { ...own, enum: constants }
  return Array.isArray(own.type) ? { ...schema, type: own.type.find((one) => one !== 'null') } : schema
}

/** The values of "one of these constants", as some libraries write a choice. */
function constantsOf(choices: Schema[]): unknown[] | undefined {
  const found = choices.flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]))
  return choices.length > 0 && choices.every((one) => one.enum || one.const !== undefined) ? found : undefined
}

/** The properties of an object in their order. */
export function propertiesOf(schema: Schema, defs: Defs): Property[] {
  return Object.entries(schema.properties ?? {}).map(([key, one]) => ({
    key,
    schema: resolve(one, defs),
    // A class's name and its words for programmers are no label: only what the property says of itself.
    label: one.title ?? inWords(key),
    description: helpOf(one),
    required: schema.required?.includes(key) ?? false,
  }))
}

// Choosing from people, groups or modules needs no words about keys and ids.
const PLAIN = new Set(['user', 'group', 'module', 'person', 'recipient', 'assignments', 'children', 'cron'])

/**
 * What a property says of itself, as far as it helps here: the same words are read by people who write
 * JSON, to whom "For linked:" says when it counts. Here it is shown only then.
 */
function helpOf(schema: Schema): string | undefined {
  const said = schema.description
  if (!said || PLAIN.has(schema['x-widget'] ?? '') || /[{}]"|"\s*:/.test(said)) return undefined
  const words = schema['x-when'] ? said.replace(/^(For|With) [^:]{1,60}: /, '') : said
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** "late_hours" → "Late hours". */
export function inWords(key: string): string {
  const words = key.replace(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Whether a value was given: nothing, an empty text and an empty list were not. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  return !(Array.isArray(value) && value.length === 0)
}

/** Whether a property is shown beside these values. */
export function isShown(schema: Schema, beside: Config, defaults: Config = {}): boolean {
  const when = schema['x-when']
  if (!when) return true
  const ways = Array.isArray(when) ? when : [when]
  return ways.some((way) => holds(way, { ...defaults, ...beside }))
}

function holds(when: When, beside: Config): boolean {
  return Object.entries(when).every(([key, wanted]) =>
    wanted === true ? isSet(beside[key]) : wanted.includes(beside[key]),
  )
}

/** The values that count where nothing is given. */
export function defaultsOf(schema: Schema): Config {
  const known = Object.entries(schema.properties ?? {})
  return Object.fromEntries(
    known
      .filter(([, one]) => one.default !== undefined && one.default !== null)
      .map(([key, one]) => [key, one.default]),
  )
}

/** The values without those of properties that are not shown any more; keys that no schema knows stay. */
export function withoutHidden(schema: Schema, value: Config): Config {
  const defaults = defaultsOf(schema)
  const hidden = Object.entries(schema.properties ?? {})
    .filter(([key, one]) => key in value && !isShown(one, value, defaults))
    .map(([key]) => key)
  if (hidden.length === 0) return value
  const left = Object.fromEntries(Object.entries(value).filter(([key]) => !hidden.includes(key)))
  return withoutHidden(schema, left)
}

/** The values with one of them changed; nothing: it is taken out. */
export function withValue(schema: Schema, value: Config, key: string, next: unknown): Config {
  const { [key]: _old, ...rest } = value
  if (next === undefined) return withoutHidden(schema, rest)
  const kept = key in value ? { ...value, [key]: next } : { ...rest, [key]: next }
  return withoutHidden(schema, kept)
}

/** Which of several ways an object is filled in: the first with a value. */
export function wayOf(ways: Way[], value: Config): Way | undefined {
  return ways.find((way) => way.keys.some((key) => isSet(value[key])))
}

/** The values after another way was chosen: those of the other ways are gone, a bare yes is said. */
export function withWay(schema: Schema, defs: Defs, value: Config, way: Way): Config {
  const others = (schema['x-one-of'] ?? [])
    .flatMap((one) => one.keys)
    .filter((key) => !way.keys.includes(key))
  const left = Object.fromEntries(Object.entries(value).filter(([key]) => !others.includes(key)))
  const first = way.keys[0]
  const single = first === undefined ? undefined : schema.properties?.[first]
  if (first === undefined || !single || !isYes(resolve(single, defs))) return left
  return { ...left, [first]: true }
}

/** A property that only says yes, as "the owner": choosing it is all there is to fill in. */
export function isYes(schema: Schema): boolean {
  return schema.type === 'boolean' || schema.const === true
}

const WIDGETS = new Set([
  'condition',
  'value',
  'assignments',
  'template',
  'template-long',
  'html',
  'formula',
  'field',
  'fields',
  'path',
  'children',
  'module',
  'user',
  'group',
  'saved-template',
  'file-store',
  'workflow',
  'data-task',
  'playbook',
  'text-provider',
  'chat-provider',
  'document-block',
  'secret',
  'cron',
  'time-zone',
  'time',
  'choice',
  'key',
  'script',
  'duration',
  'schedule',
  'ai-provider',
  'ai-along',
])

/**
 * What a property is edited with: its widget, or what its JSON type suggests, also for a widget that this
 * version does not know. A person, recipient or attachment is an object with one of several ways.
 */
export function widgetOf(schema: Schema): string {
  const wanted = schema['x-widget']
  if (wanted && WIDGETS.has(wanted)) return wanted
  if (schema.enum) return 'select'
  switch (schema.type) {
    case 'boolean':
      return 'switch'
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
      return textWidget(schema)
    case 'array':
      return listWidget(schema)
    case 'object':
      return schema.properties ? 'object' : 'dictionary'
    default:
      return 'json'
  }
}

function textWidget(schema: Schema): string {
  if (schema.format === 'date' || schema.format === 'date-time') return schema.format
  return (schema.maxLength ?? 0) > 500 ? 'long-text' : 'text'
}

function listWidget(schema: Schema): string {
  const items = schema.items
  if (items?.enum) return 'choices'
  return items?.type === 'string' && !items['x-widget'] ? 'tags' : 'list'
}

/** An empty thing of that schema: what a new line of a list starts with. */
export function blankOf(schema: Schema): unknown {
  if (isSet(schema.default)) return schema.default
  switch (schema.type) {
    case 'object':
      return {}
    case 'array':
      return []
    case 'string':
      return ''
    default:
      return null
  }
}
