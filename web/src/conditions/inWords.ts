import type { OperatorOut } from '../api'
import { choicesOf, textOf } from '../form/ConstantInput'
import { childModule, childrenAround, labelOfPath, type Modules, type Typed, typedPath } from '../form/names'
import { isObject, momentOf, wayOfValue } from '../form/value'
import { format } from '../text'
import { conditions as t } from '../text/conditions'
import { form } from '../text/form'
import { isQuantifier } from './operators'
import { type Condition, groupOf, isEmpty } from './tree'

/** A condition as people say it: "Status is equal to Open and Amount is greater than 100". */
export function conditionInWords(
  condition: Condition | null,
  module: string | null,
  modules: Modules,
  operators: OperatorOut[],
): string {
  if (isEmpty(condition) || !condition) return t.always
  const words = (part: Condition, within = module) => conditionInWords(part, within, modules, operators)
  const group = groupOf(condition)
  if (group) {
    const parts = group.parts.map((part) =>
      groupOf(part) && group.parts.length > 1 ? `(${words(part)})` : words(part),
    )
    const joined = parts.join(group.junction === 'any' || group.junction === 'none' ? t.anyOf : t.allOf)
    if (group.junction === 'none') return t.noneOf(joined)
    return group.junction === 'not_all' ? t.notSo(joined) : joined
  }
  if (isObject(condition.not)) return t.notSo(words(condition.not))
  if ('children' in condition) return aboutChildren(condition, module, modules, operators, words)
  const field = String(condition.field ?? '')
  const typed = typedPath(modules, module, field)
  return `${field ? labelOfPath(modules, module, field) : t.someField} ${compared(condition, typed, module, modules, operators)}`
}

function compared(
  condition: Condition,
  typed: Typed,
  module: string | null,
  modules: Modules,
  operators: OperatorOut[],
): string {
  const operator = operators.find((one) => one.key === condition.operator)
  const label = operator?.label ?? String(condition.operator ?? '')
  if (!operator || operator.right === 'none') return label
  return `${label} ${valueInWords(condition.value, typed, module, modules)}`
}

function aboutChildren(
  condition: Condition,
  module: string | null,
  modules: Modules,
  operators: OperatorOut[],
  words: (part: Condition, within: string | null) => string,
): string {
  const children = String(condition.children ?? '')
  const child = childModule(modules, module, children)?.key ?? null
  const label = childrenAround(modules, module).find((one) => one.value === children)?.label ?? children
  const what = t.aggregates[String(condition.aggregate)] ?? String(condition.aggregate)
  const where =
    isObject(condition.where) && !isEmpty(condition.where) ? t.where(words(condition.where, child)) : ''
  if (isQuantifier(condition.aggregate))
    return `${label}: ${what} (${words(isObject(condition.where) ? condition.where : {}, child)})`
  const field = condition.field ? ` ${labelOfPath(modules, child, String(condition.field))}` : ''
  const rest = condition.operator ? ` ${compared(condition, { kind: null }, module, modules, operators)}` : ''
  return `${label}: ${what}${field}${where}${rest}`
}

/** A value as people say it. */
export function valueInWords(value: unknown, typed: Typed, module: string | null, modules: Modules): string {
  if (Array.isArray(value)) return format.list(value.map((one) => valueInWords(one, typed, module, modules)))
  if (value === null || value === undefined || value === '') return t.nothing
  switch (wayOfValue(value)) {
    case 'field':
    case 'record':
    case 'target':
      return labelOfPath(modules, module, textOf(isObject(value) ? value.field : ''))
    case 'formula':
      return textOf(isObject(value) ? value.formula : '')
    case 'moment':
      return momentInWords(value)
    case 'fixed':
      return constantInWords(value, typed)
  }
}

function momentInWords(value: unknown): string {
  const moment = momentOf(value)
  if ('named' in moment) return form.named[moment.named].toLowerCase()
  const size = `${format.number(Math.abs(moment.plus))} ${form.units[moment.unit] ?? moment.unit}`
  return `${size} ${moment.plus < 0 ? form.before : form.after}`
}

function constantInWords(value: unknown, typed: Typed): string {
  if (typeof value === 'boolean') return value ? form.yes.toLowerCase() : form.no.toLowerCase()
  const choice = choicesOf(typed)?.find((one) => one.value === textOf(value))
  if (choice) return choice.label
  if (typeof value === 'number') return format.number(value)
  return typed.kind === 'date' ? format.date(textOf(value)) : textOf(value)
}
