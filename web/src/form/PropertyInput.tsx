import { MultiSelect, NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import type { ComponentType } from 'react'
import { form as t } from '../text/form'
import { textOf } from './ConstantInput'
import { DictionaryInput } from './DictionaryInput'
import { useCalled } from './inline'
import { JsonInput } from './JsonInput'
import { ListInput } from './ListInput'
import { ObjectInput } from './ObjectInput'
import { inWords, isSet, widgetOf } from './schema'
import { errorAt, useSurroundings, type WidgetProps } from './surroundings'
import type { Schema } from './types'
import { KNOWN_WIDGETS } from './widgets'

/** The input for one property: its widget, or what its type suggests. */
export function PropertyInput(props: WidgetProps) {
  const { defs } = useSurroundings()
  const Widget = INPUTS[widgetOf(withItems(props.schema, defs))] ?? JsonInput
  // The path is where a click on a problem leads.
  return (
    <div data-path={props.path} style={{ minWidth: 0 }}>
      <Widget {...props} />
    </div>
  )
}

function withItems(schema: Schema, defs: Record<string, Schema>): Schema {
  const ref = schema.items?.$ref
  return ref ? { ...schema, items: defs[ref.replace('#/$defs/', '')] ?? {} } : schema
}

/** What Mantine's inputs take from a property. */
function useShared({ label, description, required, path }: WidgetProps) {
  const { problems } = useSurroundings()
  return { ...useCalled(label, description), withAsterisk: required, error: errorAt(problems, path) }
}

function TextProperty(props: WidgetProps) {
  const { value, onChange, required, schema } = props
  const shared = useShared(props)
  return (
    <TextInput
      {...shared}
      value={textOf(value ?? '')}
      placeholder={textOf(schema.default) || (shared.label ? undefined : props.label)}
      maxLength={schema.maxLength}
      type={schema.format === 'date' ? 'date' : 'text'}
      onChange={(event) => onChange(event.currentTarget.value || (required ? '' : undefined))}
    />
  )
}

function LongTextProperty(props: WidgetProps) {
  const { value, onChange, required, schema } = props
  return (
    <Textarea
      {...useShared(props)}
      value={textOf(value ?? '')}
      placeholder={textOf(schema.default)}
      autosize
      minRows={2}
      maxRows={14}
      onChange={(event) => onChange(event.currentTarget.value || (required ? '' : undefined))}
    />
  )
}

function SwitchProperty(props: WidgetProps) {
  const { withAsterisk: _none, ...shared } = useShared(props)
  const on =
    props.value === undefined || props.value === null ? props.schema.default === true : props.value === true
  return <Switch {...shared} checked={on} onChange={(event) => props.onChange(event.currentTarget.checked)} />
}

function NumberProperty(props: WidgetProps) {
  const { value, onChange, schema } = props
  return (
    <NumberInput
      {...useShared(props)}
      value={
        typeof value === 'number'
          ? value
          : value === undefined && typeof schema.default === 'number'
            ? schema.default
            : ''
      }
      min={schema.minimum}
      max={schema.maximum}
      allowDecimal={schema.type !== 'integer'}
      clampBehavior="none"
      maw={180}
      onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
    />
  )
}

function SelectProperty(props: WidgetProps) {
  const { value, onChange, schema, required } = props
  const values = (schema.enum ?? []).filter((one) => one !== null)
  const shown = value ?? schema.default
  return (
    <Select
      {...useShared(props)}
      data={values.map((one) => ({ value: String(one), label: labelOf(schema, one) }))}
      value={isSet(shown) || typeof shown === 'number' ? String(shown) : null}
      onChange={(next) => onChange(values.find((one) => String(one) === next))}
      clearable={!required && !isSet(schema.default)}
      placeholder={t.choose}
    />
  )
}

function ChoicesProperty(props: WidgetProps) {
  const { value, onChange, schema } = props
  const values = schema.items?.enum ?? []
  return (
    <MultiSelect
      {...useShared(props)}
      data={values.map((one) => ({ value: String(one), label: labelOf(schema, one) }))}
      value={Array.isArray(value) ? value.map(String) : []}
      onChange={(next) => onChange(values.filter((one) => next.includes(String(one))))}
    />
  )
}

function TagsProperty(props: WidgetProps) {
  const { value, onChange } = props
  return (
    <TagsInput
      {...useShared(props)}
      value={Array.isArray(value) ? value.map(String) : []}
      onChange={(next) => onChange(next.length > 0 ? next : undefined)}
      placeholder={t.tagsHelp}
      acceptValueOnBlur
    />
  )
}

function labelOf(schema: Schema, value: unknown): string {
  return (
    schema['x-labels']?.[String(value)] ??
    schema.items?.['x-labels']?.[String(value)] ??
    inWords(String(value))
  )
}

const INPUTS: Record<string, ComponentType<WidgetProps>> = {
  ...KNOWN_WIDGETS,
  text: TextProperty,
  date: TextProperty,
  'long-text': LongTextProperty,
  switch: SwitchProperty,
  number: NumberProperty,
  select: SelectProperty,
  choices: ChoicesProperty,
  tags: TagsProperty,
  list: ListInput,
  object: ObjectInput,
  dictionary: DictionaryInput,
  json: JsonInput,
}
