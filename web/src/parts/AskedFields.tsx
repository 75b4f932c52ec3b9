import {
  Checkbox,
  MultiSelect,
  NumberInput,
  Select,
  Skeleton,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core'
import { Suspense } from 'react'
import type { ApiProblem, FormFieldOut } from '../api'
import { lazy } from '../app/lazy'
import { questions as t } from '../text/questions'

// The calendar in them is large, and not every form asks for a date.
const DayInput = lazy(async () => ({ default: (await import('../form/DateInputs')).DayInput }))
const MomentInput = lazy(async () => ({ default: (await import('../form/DateInputs')).MomentTextInput }))

export type Answers = Record<string, unknown>

interface Props {
  fields: readonly FormFieldOut[]
  values: Answers
  onChange: (values: Answers) => void
  problem: ApiProblem | null
}

/** What a form asks for, each with the input that fits; wrong answers are told at their place. */
export function AskedFields({ fields, values, onChange, problem }: Props) {
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <AskedField
          key={field.key}
          field={field}
          value={values[field.key]}
          onChange={(value) => onChange({ ...values, [field.key]: value })}
          error={problem?.at(`/values/${field.key}`)}
        />
      ))}
    </Stack>
  )
}

interface FieldProps {
  field: FormFieldOut
  value: unknown
  onChange: (value: unknown) => void
  error: string | undefined
}

function AskedField({ field, value, onChange, error }: FieldProps) {
  const look = {
    label: field.label,
    description: field.help || undefined,
    required: field.required,
    error,
  }
  const text = typeof value === 'string' ? value : ''
  switch (field.type) {
    case 'long_text':
      return (
        <Textarea
          {...look}
          autosize
          minRows={3}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      )
    case 'integer':
    case 'decimal':
    case 'money':
      return (
        <NumberInput
          {...look}
          allowDecimal={field.type !== 'integer'}
          value={typeof value === 'number' ? value : text}
          onChange={(found) => onChange(found === '' ? null : found)}
        />
      )
    case 'boolean':
      return (
        <Checkbox
          {...look}
          label={field.required ? `${field.label} *` : field.label}
          checked={value === true}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
      )
    case 'date':
    case 'datetime': {
      const Input = field.type === 'date' ? DayInput : MomentInput
      return (
        <Suspense fallback={<Skeleton h={58} />}>
          <Input {...look} value={text} onChange={(moment: string | null) => onChange(moment)} />
        </Suspense>
      )
    }
    case 'select':
    case 'stage':
      return (
        <Select
          {...look}
          data={choicesOf(field)}
          value={text || null}
          onChange={onChange}
          placeholder={t.choose}
          clearable={!field.required}
        />
      )
    case 'multi_select':
      return (
        <MultiSelect
          {...look}
          data={choicesOf(field)}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
          placeholder={t.choose}
        />
      )
    default:
      return (
        <TextInput
          {...look}
          type={INPUTS[field.type] ?? 'text'}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      )
  }
}

const INPUTS: Record<string, string> = { email: 'email', phone: 'tel', url: 'url', time: 'time' }

/** A choice is a key with a label, or a word that is both. */
function choicesOf(field: FormFieldOut): { value: string; label: string }[] {
  const found = field.options.choices
  if (!Array.isArray(found)) return []
  return found.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) return { value: String(one), label: String(one) }
    const { key, label } = one as { key?: unknown; label?: unknown }
    return { value: String(key), label: String(label ?? key) }
  })
}

/** What is sent: without what was left empty. */
export function filledIn(values: Answers): Answers {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null))
}
