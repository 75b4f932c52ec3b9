import { isObject } from '../form/value'

/** A condition as the API takes it (docs/reference/conditions.md); the editor works on it directly. */
export type Condition = Record<string, unknown>
export type Shape = 'group' | 'not' | 'children' | 'comparison' | 'unknown'

/** How the parts of a group go together; the last two are a group inside "not". */
export type Junction = 'all' | 'any' | 'none' | 'not_all'
export const JUNCTIONS: Junction[] = ['all', 'any', 'none', 'not_all']
const INNER: Record<Junction, 'all' | 'any'> = { all: 'all', any: 'any', none: 'any', not_all: 'all' }

export interface Group {
  junction: Junction
  parts: Condition[]
}

/** A group, seen through the "not" around it; null for everything else. */
export function groupOf(condition: Condition): Group | null {
  if (Array.isArray(condition.all)) return { junction: 'all', parts: conditions(condition.all) }
  if (Array.isArray(condition.any)) return { junction: 'any', parts: conditions(condition.any) }
  const inner = condition.not
  if (!isObject(inner)) return null
  if (Array.isArray(inner.any)) return { junction: 'none', parts: conditions(inner.any) }
  return Array.isArray(inner.all) ? { junction: 'not_all', parts: conditions(inner.all) } : null
}

function conditions(parts: unknown[]): Condition[] {
  return parts.map((part) => (isObject(part) ? part : {}))
}

/** The condition that a group is written as. */
export function ofGroup({ junction, parts }: Group): Condition {
  const group = { [INNER[junction]]: parts }
  return junction === 'none' || junction === 'not_all' ? { not: group } : group
}

export function shapeOf(condition: Condition): Shape {
  if (groupOf(condition)) return 'group'
  if (isObject(condition.not)) return 'not'
  if ('children' in condition) return 'children'
  return 'field' in condition || 'operator' in condition ? 'comparison' : 'unknown'
}

/** Whether a condition always holds: nothing, or a group of nothing. */
export function isEmpty(condition: Condition | null | undefined): boolean {
  if (!condition || Object.keys(condition).length === 0) return true
  return Array.isArray(condition.all) && condition.all.length === 0
}

/** What the editor shows: a group, also where a single comparison stands alone. */
export function asGroup(condition: Condition | null): Group {
  if (!condition || Object.keys(condition).length === 0) return { junction: 'all', parts: [] }
  return groupOf(condition) ?? { junction: 'all', parts: [condition] }
}

/**
 * What is handed back: nothing for no condition at all, a single comparison bare where it stood bare
 * before, so that looking at a condition never rewrites it.
 */
export function fromGroup(group: Group, before: Condition | null): Condition | null {
  const [only] = group.parts
  const wasGroup = before !== null && groupOf(before) !== null
  if (group.junction === 'all' && group.parts.length === 0) return null
  if (group.junction === 'all' && group.parts.length === 1 && only && !wasGroup) return only
  return ofGroup(group)
}

export const BLANK: Condition = { field: '', operator: 'equals' }

/** The parts with one replaced; none: it is taken out. */
export function replaced(parts: Condition[], index: number, part: Condition | null): Condition[] {
  return part ? parts.map((old, at) => (at === index ? part : old)) : parts.filter((_old, at) => at !== index)
}

/** The opposite; of an opposite, the thing itself. */
export function negated(condition: Condition): Condition {
  return isObject(condition.not) && Object.keys(condition).length === 1 ? condition.not : { not: condition }
}

/** Every comparison and question about children in a condition. */
export function* leaves(condition: Condition): Generator<Condition> {
  const group = groupOf(condition)
  if (group) for (const part of group.parts) yield* leaves(part)
  else if (isObject(condition.not)) yield* leaves(condition.not)
  else yield condition
  if ('children' in condition && isObject(condition.where)) yield* leaves(condition.where)
}

/**
 * Whether it can only be known while a workflow runs: it asks what has changed, or for what an earlier
 * block gave. Such a condition cannot be counted beforehand.
 */
export function dependsOnRun(condition: Condition, ofChange: (operator: string) => boolean): boolean {
  for (const leaf of leaves(condition)) {
    if (ofChange(String(leaf.operator ?? ''))) return true
    if (namesOf(leaf).some((name) => /\b(nodes|old|record|trigger|document)\./.test(name))) return true
  }
  return false
}

function namesOf(leaf: Condition): string[] {
  const values = Array.isArray(leaf.value) ? leaf.value : [leaf.value]
  const said = values.flatMap((value) => (isObject(value) ? [value.field, value.formula] : []))
  return [leaf.field, ...said].filter((name): name is string => typeof name === 'string')
}
