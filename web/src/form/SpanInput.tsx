import type { Level } from './about'
import { DurationInput } from './DurationInput'
import { type Property, withValue } from './schema'
import type { Config, Schema } from './types'
import { isObject } from './value'

interface Props {
  property: Property
  schema: Schema
  value: Config
  onChange: (value: Config) => void
  path: string
  levels: Level[]
}

/** Whether an object says a length of time itself, in an amount and a unit beside it. */
export function isSpan(schema: Schema): boolean {
  const { amount, unit } = schema.properties ?? {}
  return amount?.type === 'integer' && Array.isArray(unit?.enum)
}

/** An amount and its unit in one line, "14 days before it" where it may be negative. */
export function SpanInput({ property, schema, value, onChange, path, levels }: Props) {
  const { amount = {}, unit = {} } = schema.properties ?? {}
  const own: Schema = { type: 'object', 'x-widget': 'span', properties: { amount, unit } }
  const now = { amount: value.amount ?? amount.default, unit: value.unit ?? unit.default }
  const signed = (amount.minimum ?? 0) < 0
  return (
    <DurationInput
      schema={own}
      value={now}
      label={property.label}
      description={signed ? undefined : property.description}
      required={property.required}
      path={path}
      levels={levels}
      onChange={(next) => {
        const { amount: size, unit: of } = isObject(next) ? next : {}
        onChange(withValue(schema, withValue(schema, value, 'amount', size), 'unit', of))
      }}
    />
  )
}
