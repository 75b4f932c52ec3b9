import { MultiSelect, NumberInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { form as t } from '../text/form'
import { DayInput, MomentTextInput } from './DateInputs'
import type { Typed } from './names'
import { RecordSelect, RecordsSelect } from './RecordSelect'
import type { InputProps } from './types'
import { numberOf } from './value'

interface Props extends InputProps<unknown> {
  typed: Typed | null
}

/** One fixed value, with the input that fits its type. */
export function ConstantInput({ typed, value, onChange, required, ...input }: Props) {
  const choices = choicesOf(typed)
  const shared = { ...input, withAsterisk: required }
  if (choices && typed?.kind !== 'text_list')
    return (
      <Select
        {...shared}
        data={withOwn(choices, value === null || value === '' ? [] : [value])}
        value={textOf(value) || null}
        onChange={onChange}
        searchable
        placeholder={t.choose}
        nothingFoundMessage={t.nothingFound}
      />
    )
  if (typed?.target)
    return (
      <RecordSelect
        {...input}
        required={required}
        module={typed.target}
        value={typeof value === 'number' || typeof value === 'string' ? value : null}
        onChange={onChange}
      />
    )
  switch (typed?.kind) {
    case 'boolean':
      return (
        <Select
          {...shared}
          data={[
            { value: 'true', label: t.yes },
            { value: 'false', label: t.no },
          ]}
          value={value === null || value === undefined ? null : String(value)}
          onChange={(next) => onChange(next === null ? null : next === 'true')}
          placeholder={t.choose}
        />
      )
    case 'integer':
    case 'decimal':
      return (
        <NumberInput
          {...shared}
          value={typeof value === 'number' || typeof value === 'string' ? value : ''}
          onChange={(next) => onChange(numberOf(next))}
          allowDecimal={typed.kind === 'decimal'}
          suffix={typed.field?.type === 'money' ? ` ${currencyOf(typed)}` : undefined}
          thousandSeparator=","
          hideControls
        />
      )
    case 'date':
      return <DayInput {...input} required={required} value={textOf(value)} onChange={onChange} />
    case 'datetime':
      return <MomentTextInput {...input} required={required} value={textOf(value)} onChange={onChange} />
    case 'time':
      return (
        <TextInput
          {...shared}
          type="time"
          value={textOf(value)}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        />
      )
    case 'text_list':
      return (
        <ConstantsInput
          {...input}
          required={required}
          typed={typed}
          value={listOf(value)}
          onChange={onChange}
        />
      )
    default:
      return <TextConstant {...input} required={required} typed={typed} value={value} onChange={onChange} />
  }
}

function TextConstant({ typed, value, onChange, required, ...input }: Props) {
  const long = typed?.field?.type === 'long_text' || typed?.field?.type === 'rich_text'
  const shared = { ...input, withAsterisk: required, value: textOf(value) }
  if (long)
    return (
      <Textarea
        {...shared}
        autosize
        minRows={1}
        maxRows={8}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  return <TextInput {...shared} onChange={(event) => onChange(event.currentTarget.value)} />
}

interface ManyProps extends InputProps<unknown[]> {
  typed: Typed | null
}

/** Several fixed values: choices, records, or words that one types. */
export function ConstantsInput({ typed, value, onChange, required, ...input }: ManyProps) {
  const choices = choicesOf(typed)
  const shared = { ...input, withAsterisk: required }
  if (choices)
    return (
      <MultiSelect
        {...shared}
        data={withOwn(choices, value)}
        value={value.map(textOf)}
        onChange={onChange}
        searchable
        placeholder={value.length === 0 ? t.choose : undefined}
        nothingFoundMessage={t.nothingFound}
      />
    )
  if (typed?.target)
    return (
      <RecordsSelect
        {...input}
        required={required}
        module={typed.target}
        value={value.filter((one) => typeof one === 'number' || typeof one === 'string')}
        onChange={onChange}
      />
    )
  const numbers = typed?.kind === 'integer' || typed?.kind === 'decimal'
  return (
    <TagsInput
      {...shared}
      value={value.map(textOf)}
      onChange={(words) => onChange(numbers ? words.map((word) => numberOf(word) ?? word) : words)}
      splitChars={[';']}
      acceptValueOnBlur
      placeholder={value.length === 0 ? t.tagsHelp : undefined}
    />
  )
}

interface Choice {
  value: string
  label: string
}

/** The choices of a select, stage or list of choices. */
export function choicesOf(typed: Typed | null): Choice[] | null {
  const choices = typed?.field?.options.choices
  if (!Array.isArray(choices) || choices.length === 0) return null
  return choices.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) return { value: String(one), label: String(one) }
    const { key, label } = one as { key?: unknown; label?: unknown }
    return { value: String(key), label: String(label || key) }
  })
}

function withOwn(choices: Choice[], values: unknown[]): Choice[] {
  const known = new Set(choices.map((one) => one.value))
  const own = values.map(textOf).filter((one) => one && !known.has(one))
  return [...choices, ...own.map((one) => ({ value: one, label: t.gone(one) }))]
}

function currencyOf(typed: Typed): string {
  return textOf(typed.field?.options.currency)
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return value === null || value === undefined || value === '' ? [] : [value]
}

/** A constant as an input shows it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
