import { childModule, follow, type Modules, targetOf } from './names'
import { defaultsOf, isShown, resolve } from './schema'
import type { Config, Schema } from './types'

/** An object of the configuration with its schema; the whole configuration is the first. */
export interface Level {
  schema: Schema
  value: Config
}

export interface Around {
  modules: Modules
  /** The module whose records the workflow watches. */
  own: string | null
  defs: Record<string, Schema>
}

/**
 * The module that a property is about: what the first of the keys beside it says that is set and shown;
 * otherwise the workflow's own. "../module" is a key of the object around it.
 */
export function moduleFor(
  keys: string[] | undefined,
  levels: Level[],
  around: Around,
  depth = 0,
): string | null {
  if (depth > 5) return around.own
  for (const written of keys ?? []) {
    const ups = written.split('../').length - 1
    const inner = levels.slice(0, levels.length - ups)
    const said = saidBy(written.slice(3 * ups), inner, around, depth)
    if (said !== undefined) return said
  }
  return around.own
}

/** The module that one key names; undefined: it is not set, null: it names none. */
function saidBy(key: string, levels: Level[], around: Around, depth: number): string | null | undefined {
  const level = levels.at(-1)
  const raw = level?.schema.properties?.[key]
  const value = level?.value[key]
  if (!level || !raw || typeof value !== 'string' || value === '') return undefined
  if (!isShown(raw, level.value, defaultsOf(level.schema))) return undefined
  const schema = resolve(raw, around.defs)
  if (schema['x-widget'] === 'module') return value
  const base = moduleFor(schema['x-module'], levels, around, depth + 1)
  if (schema['x-widget'] === 'children') return childModule(around.modules, base, value)?.key ?? null
  const found = follow(around.modules, base, value)
  return found ? targetOf(found.module, found.field) : null
}
