import { Group, Input, NumberInput, Select } from '@mantine/core'
import { form as t } from '../text/form'
import { resolve } from './schema'
import { errorAt, errorWithin, step, useSurroundings, type WidgetProps } from './surroundings'
import type { Schema } from './types'
import { isObject } from './value'

/** A length of time: a number and its unit; before or after, where it may be negative. */
export function DurationInput({
  schema,
  value,
  onChange,
  label,
  description,
  required,
  path,
  levels,
}: WidgetProps) {
  const { defs, problems } = useSurroundings()
  const amountSchema = schema.properties?.amount
  const unitSchema = schema.properties?.unit ? resolve(schema.properties.unit, defs) : undefined
  const units = (unitSchema?.enum ?? ['days']).map(String)
  const now = isObject(value) ? value : {}
  const amount = typeof now.amount === 'number' ? now.amount : null
  const unit = typeof now.unit === 'string' ? now.unit : String(unitSchema?.default ?? 'days')
  // Beside a date, one goes back as well as forward; a wait only goes forward.
  const relative = isBesideDate(schema, levels.at(-1)?.schema) || schema['x-widget'] === 'span'
  const minimum = relative ? (amountSchema?.minimum ?? 0) : 0
  const signed = relative && minimum < 0
  const set = (size: number | null, of: string, back: boolean) => {
    if (size === null) return onChange(required ? { unit: of } : undefined)
    onChange({ ...now, amount: back ? -Math.abs(size) : size, unit: of })
  }
  const back = signed && (amount ?? -1) < 0
  const error = errorAt(problems, path) ?? errorWithin(problems, path + step('amount'))
  return (
    <Input.Wrapper
      label={label}
      description={description}
      withAsterisk={required}
      error={error}
      labelElement="div"
    >
      <Group gap={6} mt={4} wrap="wrap">
        <NumberInput
          aria-label={`${label}: ${t.amount}`}
          value={amount === null ? '' : signed ? Math.abs(amount) : amount}
          onChange={(next) => set(typeof next === 'number' ? next : null, unit, back)}
          min={signed ? 0 : undefined}
          max={amountSchema?.maximum}
          allowDecimal={false}
          w={80}
          error={Boolean(error)}
        />
        <Select
          aria-label={`${label}: ${t.unit}`}
          data={units.map((one) => ({
            value: one,
            label: unitSchema?.['x-labels']?.[one] ?? t.units[one] ?? one,
          }))}
          value={unit}
          onChange={(next) => set(amount, next ?? unit, back)}
          w={138}
        />
        {signed && (
          <Select
            aria-label={`${label}: ${t.direction}`}
            data={[
              { value: 'before', label: t.earlier },
              { value: 'after', label: t.later },
            ]}
            value={back ? 'before' : 'after'}
            onChange={(next) => set(amount === null ? null : Math.abs(amount), unit, next === 'before')}
            w={114}
          />
        )}
      </Group>
    </Input.Wrapper>
  )
}

/** Whether it is shown because a date beside it is set. */
function isBesideDate(schema: Schema, around: Schema | undefined): boolean {
  const when = schema['x-when'] ?? []
  const keys = (Array.isArray(when) ? when : [when]).flatMap((one) => Object.keys(one))
  return keys.some((key) => around?.properties?.[key]?.['x-types']?.some((type) => type.startsWith('date')))
}
