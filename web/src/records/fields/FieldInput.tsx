import { ActionIcon, Group, MultiSelect, Select, Textarea, TextInput, Tooltip } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { type ReactNode, Suspense, useState } from 'react'
import { lazy } from '../../app/lazy'
import { format, t as shared } from '../../text'
import { records as t } from '../../text/records'
import { type Choice, choicesOf, currencyOf, exactNumber, targetOf, useModule } from '../model'
import { FileField } from './FileField'
import { fromWallClock, toWallClock } from './moment'
import { fromInput, toInput } from './numbers'
import { PersonSelect, RecordSelect } from './RecordSelect'
import type { FieldInputProps } from './types'
import { safeAddress } from './Value'

const RichTextField = lazy(() =>
  import('./RichTextField').then((found) => ({ default: found.RichTextField })),
)

/** The input for one field of a record, by its type. What is empty is null. */
export function FieldInput(props: FieldInputProps) {
  const Input = INPUTS[props.field.type] ?? TextField
  return <Input {...props} />
}

/** What every input of Mantine takes from a field. */
function common({ field, error, disabled, bare, autoFocus, placeholder }: FieldInputProps) {
  return {
    ...(bare
      ? { 'aria-label': field.label, size: 'xs' as const }
      : { label: field.label, description: field.description || undefined }),
    error,
    disabled,
    placeholder,
    withAsterisk: field.required && !bare,
    'aria-required': field.required || undefined,
    autoFocus,
    'data-autofocus': autoFocus || undefined,
  }
}

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value))
const orNull = (value: string) => (value === '' ? null : value)

function TextField(props: FieldInputProps) {
  const { value, onChange, field } = props
  // An <input> drops line breaks without a word, so text that has some gets an input that keeps them.
  if (/[\r\n]/.test(text(value))) return <LongTextField {...props} />
  return (
    <TextInput
      {...common(props)}
      value={text(value)}
      onChange={(event) => onChange(orNull(event.currentTarget.value))}
      inputMode={MODES[field.type]}
      autoComplete="off"
      dir="auto"
    />
  )
}

const MODES: Record<string, 'email' | 'tel' | 'url'> = { email: 'email', phone: 'tel', url: 'url' }

function LongTextField(props: FieldInputProps) {
  return (
    <Textarea
      {...common(props)}
      value={text(props.value)}
      onChange={(event) => props.onChange(orNull(event.currentTarget.value))}
      autosize
      minRows={props.bare || props.field.type !== 'long_text' ? 1 : 3}
      maxRows={props.bare ? 6 : 16}
      dir="auto"
    />
  )
}

function AddressField(props: FieldInputProps) {
  const address = safeAddress(props.value)
  if (props.bare || !address) return <TextField {...props} />
  return (
    <Group gap={4} wrap="nowrap" align="flex-end">
      <div style={{ flex: 1, minWidth: 0 }}>
        <TextField {...props} />
      </div>
      <Tooltip label={t.openRecord(address)}>
        <ActionIcon
          component="a"
          href={address}
          target="_blank"
          rel="noopener noreferrer"
          variant="default"
          size="input-sm"
          mb={props.error ? 20 : 0}
          aria-label={t.openRecord(address)}
        >
          <IconExternalLink size={16} />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
}

/** Numbers are kept as they were typed until the field is left; then one sees how they were read. */
function NumberField(props: FieldInputProps) {
  const { onChange, field } = props
  const [typed, setTyped] = useState<string | null>(null)
  const currency = field.type === 'money' ? currencyOf(field) : null
  return (
    <TextInput
      {...common(props)}
      value={typed ?? toInput(exactNumber(field, props.value))}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        onChange(fromInput(event.currentTarget.value))
      }}
      onBlur={() => setTyped(null)}
      inputMode={field.type === 'integer' ? 'numeric' : 'decimal'}
      autoComplete="off"
      styles={props.bare ? { input: { textAlign: 'end' } } : undefined}
      rightSection={currency ? <span style={{ fontSize: 12 }}>{currency}</span> : undefined}
      rightSectionWidth={currency ? 44 : undefined}
    />
  )
}

function withCurrent(choices: Choice[], value: unknown): { value: string; label: string }[] {
  const known = choices.map((choice) => ({ value: choice.key, label: choice.label }))
  const missing = (Array.isArray(value) ? value : [value]).filter(
    (one): one is string => typeof one === 'string' && !choices.some((choice) => choice.key === one),
  )
  return [...known, ...missing.map((one) => ({ value: one, label: one }))]
}

function ChoiceField(props: FieldInputProps) {
  const choices = choicesOf(props.field)
  return (
    <Select
      {...common(props)}
      placeholder={props.placeholder ?? t.choose}
      value={typeof props.value === 'string' ? props.value : null}
      onChange={(value) => props.onChange(value)}
      data={withCurrent(choices, props.value)}
      clearable={!props.field.required}
      defaultDropdownOpened={props.bare && props.autoFocus}
      searchable={choices.length > 8}
      nothingFoundMessage={t.nothingFound}
    />
  )
}

function ChoicesField(props: FieldInputProps) {
  const chosen = Array.isArray(props.value) ? props.value.map(String) : []
  return (
    <MultiSelect
      {...common(props)}
      placeholder={chosen.length === 0 ? (props.placeholder ?? t.choose) : undefined}
      value={chosen}
      onChange={(value) => props.onChange(value.length === 0 ? null : value)}
      data={withCurrent(choicesOf(props.field), chosen)}
      searchable
      clearable
      nothingFoundMessage={t.nothingFound}
    />
  )
}

const YES_NO = [
  { value: 'true', label: shared.common.yes },
  { value: 'false', label: shared.common.no },
]

function YesNoField(props: FieldInputProps) {
  return (
    <Select
      {...common(props)}
      placeholder={props.placeholder ?? t.choose}
      value={typeof props.value === 'boolean' ? String(props.value) : null}
      onChange={(value) => props.onChange(value === null ? null : value === 'true')}
      data={YES_NO}
      defaultDropdownOpened={props.bare && props.autoFocus}
      clearable={!props.field.required}
    />
  )
}

function DateField(props: FieldInputProps) {
  return (
    <TextInput
      {...common(props)}
      type="date"
      max="9999-12-31"
      value={text(props.value).slice(0, 10)}
      onChange={(event) => props.onChange(orNull(event.currentTarget.value))}
    />
  )
}

function TimeField(props: FieldInputProps) {
  return (
    <TextInput
      {...common(props)}
      type="time"
      step={/:\d\d:(?!00)/.test(text(props.value)) ? 1 : 60}
      value={text(props.value).slice(0, 8)}
      onChange={(event) => props.onChange(orNull(event.currentTarget.value))}
    />
  )
}

function MomentField(props: FieldInputProps) {
  const zone = format.timeZone
  return (
    <TextInput
      {...common(props)}
      type="datetime-local"
      max="9999-12-31T23:59"
      value={props.value ? toWallClock(props.value, zone) : ''}
      onChange={(event) =>
        props.onChange(event.currentTarget.value ? fromWallClock(event.currentTarget.value, zone) : null)
      }
    />
  )
}

function ReferenceField(props: FieldInputProps) {
  const { withAsterisk: required, size: _, ...input } = { size: undefined, ...common(props) }
  const module = targetOf(props.field) ?? ''
  const target = useModule(module)
  const numbers = target?.fields.some(
    (field) => field.type === 'integer' && target.key_columns.includes(field.key),
  )
  const shared = {
    ...input,
    required,
    value: props.value === null || props.value === undefined ? null : String(props.value),
    title: props.title === undefined || props.title === null ? undefined : String(props.title),
    onChange: (key: string | null) =>
      props.onChange(key !== null && (numbers || props.field.type === 'user') ? Number(key) : key),
  }
  if (props.field.type === 'user') return <PersonSelect {...shared} />
  return <RecordSelect {...shared} module={module} bare={props.bare} />
}

function RichField(props: FieldInputProps) {
  return (
    <Suspense fallback={<Textarea {...common(props)} value="" disabled minRows={4} autosize />}>
      <RichTextField {...props} />
    </Suspense>
  )
}

const INPUTS: Record<string, (props: FieldInputProps) => ReactNode> = {
  text: TextField,
  long_text: LongTextField,
  rich_text: RichField,
  integer: NumberField,
  decimal: NumberField,
  money: NumberField,
  boolean: YesNoField,
  date: DateField,
  time: TimeField,
  datetime: MomentField,
  email: TextField,
  phone: TextField,
  url: AddressField,
  select: ChoiceField,
  stage: ChoiceField,
  multi_select: ChoicesField,
  reference: ReferenceField,
  user: ReferenceField,
  file: FileField,
}
