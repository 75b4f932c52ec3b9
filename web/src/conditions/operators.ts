import type { OperatorOut } from '../api'
import type { Kind, Typed } from '../form/names'
import { isFilled, isObject } from '../form/value'
import { type Condition, groupOf } from './tree'

/** The operators for a type of value; all of them where the type is not known. */
export function operatorsFor(operators: OperatorOut[], kind: Kind | null, ofChange: boolean): OperatorOut[] {
  return operators.filter(
    (one) => (kind === null || one.takes.includes(kind)) && (ofChange || !one.of_change),
  )
}

/** The value as another operator takes it: as little as possible is lost. */
export function fitted(value: unknown, from: string | undefined, to: string): unknown {
  if (from === to) return value
  const [first] = Array.isArray(value) ? value : [value]
  const filled = isFilled(first)
  switch (to) {
    case 'none':
      return undefined
    case 'list':
      return Array.isArray(value) ? value : filled ? [value] : []
    case 'pair':
      return Array.isArray(value) ? [value[0] ?? null, value[1] ?? null] : [filled ? value : null, null]
    case 'days':
      return typeof first === 'number' ? first : undefined
    default:
      return from === 'days' ? undefined : filled ? first : undefined
  }
}

/** A comparison with another field: the operator and value stay where they still fit its type. */
export function withField(
  part: Condition,
  field: string,
  before: Typed,
  after: Typed,
  operators: OperatorOut[],
): Condition {
  const operator = operators.find((one) => one.key === part.operator)
  const fits = operator && (after.kind === null || operator.takes.includes(after.kind))
  const same = before.kind === after.kind && before.target === after.target && !after.field?.options.choices
  if (fits && (same || operator.right === 'none')) return { ...part, field }
  return { field, operator: fits ? operator.key : 'equals' }
}

/** A comparison with another operator. */
export function withOperator(part: Condition, key: string, operators: OperatorOut[]): Condition {
  const right = (name: unknown) => operators.find((one) => one.key === name)?.right
  const value = fitted(part.value, right(part.operator), right(key) ?? 'one')
  const { value: _old, ...rest } = part
  return value === undefined ? { ...rest, operator: key } : { ...rest, operator: key, value }
}

/** The type that a value on the right is for: a part of a text is any text, not one of the choices. */
export function rightType(operator: OperatorOut | undefined, left: Typed): Typed {
  if (operator?.right === 'days') return { kind: 'integer' }
  if (left.kind === 'text_list')
    return { ...left, kind: operator?.key.includes('contain') ? 'text' : 'text_list' }
  return /^(begins|ends|contains|not_contains)/.test(operator?.key ?? '') ? { kind: 'text' } : left
}

const NEEDS_FIELD = ['sum', 'average', 'min', 'max']
const QUANTIFIERS = ['all', 'any', 'none']

export const needsField = (aggregate: unknown) => NEEDS_FIELD.includes(String(aggregate))
export const isQuantifier = (aggregate: unknown) => QUANTIFIERS.includes(String(aggregate))

/** Whether every line is filled in, so that the server can be asked. */
export function isComplete(condition: Condition, operators: OperatorOut[]): boolean {
  const group = groupOf(condition)
  if (group) return group.parts.every((part) => isComplete(part, operators))
  if (isObject(condition.not)) return isComplete(condition.not, operators)
  if ('children' in condition) return isWholeQuestion(condition, operators)
  return Boolean(condition.field) && hasRight(condition, operators)
}

function isWholeQuestion(condition: Condition, operators: OperatorOut[]): boolean {
  if (!condition.children || !condition.aggregate) return false
  if (isObject(condition.where) && !isComplete(condition.where, operators)) return false
  if (isQuantifier(condition.aggregate)) return isObject(condition.where)
  return (!needsField(condition.aggregate) || Boolean(condition.field)) && hasRight(condition, operators)
}

function hasRight(part: Condition, operators: OperatorOut[]): boolean {
  const operator = operators.find((one) => one.key === part.operator)
  if (!operator) return false
  if (operator.right === 'none') return true
  return isFilled(part.value)
}
