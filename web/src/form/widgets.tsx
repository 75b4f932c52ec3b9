import { Box, MultiSelect, Select, Skeleton, TextInput } from '@mantine/core'
import { type ComponentType, Suspense } from 'react'
import { lazy } from '../app/lazy'
import { ConditionEditor } from '../conditions/ConditionEditor'
import { form as t } from '../text/form'
import { AiAlong } from './AiAlong'
import { AiProviderSelect } from './AiProviderSelect'
import { AssignmentsInput } from './AssignmentsInput'
import { moduleFor } from './about'
import { choicesOf, textOf } from './ConstantInput'
import { DataTaskSelect } from './DataTaskSelect'
import { DocumentBlockSelect } from './DocumentBlockSelect'
import { DurationInput } from './DurationInput'
import { FieldSelect } from './FieldSelect'
import { FileStoreSelect } from './FileStoreSelect'
import { FormulaInput } from './FormulaInput'
import { GroupSelect } from './GroupSelect'
import { useCalled } from './inline'
import { ModuleSelect } from './ModuleSelect'
import { childrenAround, kindOfType, typedPath } from './names'
import { PathSelect } from './PathSelect'
import { PlaybookSelect } from './PlaybookSelect'
import { ProviderSelect } from './ProviderSelect'
import { RichTemplateEditor } from './RichTemplateEditor'
import { SavedTemplateSelect } from './SavedTemplateSelect'
import { ScriptInput } from './ScriptInput'
import { SecretSelect } from './SecretSelect'
import { resolve } from './schema'
import { errorAt, errorWithin, problemsBelow, useSurroundings, type WidgetProps } from './surroundings'
import { TemplateInput } from './TemplateInput'
import { TimeZoneSelect } from './TimeZoneSelect'
import { NOWHERE, type Schema } from './types'
import { UserSelect } from './UserSelect'
import { ValueEditor } from './ValueEditor'
import { isObject } from './value'
import { WorkflowSelect } from './WorkflowSelect'

const ScheduleInput = lazy(() =>
  import('./schedule/ScheduleInput').then((one) => ({ default: one.ScheduleInput })),
)
const CronInput = lazy(() => import('./CronInput').then((one) => ({ default: one.CronInput })))

/** What every widget shares: how it is called, what is wrong, and which module it is about. */
function useWidget({ schema, label, description, required, path, levels, onChange }: WidgetProps) {
  const { context, modules, defs, problems } = useSurroundings()
  const module = moduleFor(schema['x-module'], levels, { modules, own: context.module, defs })
  const called = useCalled(label, description)
  const input = { ...called, required, error: errorAt(problems, path) }
  const set = (next: unknown) => onChange(next === null || next === '' ? undefined : next)
  const types = schema['x-types']
  return { input, module, context, modules, problems, set, ...(types ? { types } : {}) }
}

const stringOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

function ConditionWidget(props: WidgetProps) {
  const { context, ofChange } = useSurroundings()
  const { module, problems, input } = useWidget(props)
  const own = !props.schema['x-module']
  const run = props.schema['x-others']?.includes('record') ? context : null
  return (
    <ConditionEditor
      run={run}
      label={props.label}
      description={input.description}
      required={props.required}
      module={module}
      value={isObject(props.value) ? props.value : null}
      onChange={(next) => props.onChange(next ?? undefined)}
      ofChange={own && ofChange}
      context={own ? context : { ...NOWHERE, module }}
      showMatches
      problems={problemsBelow(problems, props.path)}
    />
  )
}

function ValueWidget(props: WidgetProps) {
  const { input, module, context, problems, set } = useWidget(props)
  const [type] = props.schema['x-types'] ?? []
  return (
    <ValueEditor
      {...input}
      error={errorWithin(problems, props.path)}
      value={props.value ?? null}
      onChange={set}
      module={module}
      context={context}
      typed={type ? { kind: kindOfType(type) } : null}
    />
  )
}

function TemplateWidget(props: WidgetProps) {
  const { input, context, set } = useWidget(props)
  const long = props.schema['x-widget'] === 'template-long'
  const onChange = (next: string) => (props.required ? props.onChange(next) : set(next))
  return (
    <TemplateInput {...input} context={context} long={long} value={textOf(props.value)} onChange={onChange} />
  )
}

function HtmlWidget(props: WidgetProps) {
  const { input, context, set } = useWidget(props)
  return <RichTemplateEditor {...input} context={context} value={textOf(props.value)} onChange={set} />
}

function FormulaWidget(props: WidgetProps) {
  const { input, context, module, set } = useWidget(props)
  return (
    <FormulaInput {...input} module={module} context={context} value={textOf(props.value)} onChange={set} />
  )
}

function FieldWidget(props: WidgetProps) {
  const { input, module, types, set } = useWidget(props)
  return <FieldSelect {...input} module={module} types={types} value={stringOf(props.value)} onChange={set} />
}

function FieldsWidget(props: WidgetProps) {
  const { input, module, modules, types } = useWidget(props)
  const fields = (modules.get(module ?? '')?.fields ?? []).filter(
    (one) => !types?.length || types.includes(one.type),
  )
  const value = Array.isArray(props.value) ? props.value.map(String) : []
  const known = new Set(fields.map((one) => one.key))
  const gone = value.filter((key) => !known.has(key)).map((key) => ({ value: key, label: t.gone(key) }))
  const { required, ...shared } = input
  return (
    <MultiSelect
      {...shared}
      withAsterisk={required}
      data={[...fields.map((one) => ({ value: one.key, label: one.label })), ...gone]}
      value={value}
      onChange={(next) => props.onChange(next.length > 0 || required ? next : undefined)}
      searchable
      clearable
      placeholder={value.length === 0 ? t.chooseField : undefined}
      nothingFoundMessage={t.noFields}
    />
  )
}

function PathWidget(props: WidgetProps) {
  const { input, module, types, context, set } = useWidget(props)
  return (
    <PathSelect
      {...input}
      module={module}
      types={types}
      context={context}
      value={stringOf(props.value)}
      onChange={set}
    />
  )
}

function ChildrenWidget(props: WidgetProps) {
  const { input, module, modules, set } = useWidget(props)
  const { required, ...shared } = input
  const data = childrenAround(modules, module).map(({ value, label }) => ({ value, label }))
  const value = stringOf(props.value)
  if (value && !data.some((one) => one.value === value)) data.push({ value, label: value })
  return (
    <Select
      {...shared}
      withAsterisk={required}
      data={data}
      value={value}
      onChange={set}
      searchable
      placeholder={t.choose}
      nothingFoundMessage={t.nothingFound}
    />
  )
}

function ModuleWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <ModuleSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function UserWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <UserSelect {...input} value={typeof props.value === 'number' ? props.value : null} onChange={set} />
}

function GroupWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <GroupSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function SavedTemplateWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  const channel = props.schema['x-channel']
  return <SavedTemplateSelect {...input} channel={channel} value={stringOf(props.value)} onChange={set} />
}

function FileStoreWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <FileStoreSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function WorkflowWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <WorkflowSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function PlaybookWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <PlaybookSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function DataTaskWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <DataTaskSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function SecretWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <SecretSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function TextProviderWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <ProviderSelect kind="text" {...input} value={stringOf(props.value)} onChange={set} />
}

function ChatProviderWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <ProviderSelect kind="chat" {...input} value={stringOf(props.value)} onChange={set} />
}

function DocumentBlockWidget(props: WidgetProps) {
  const { input, context, set } = useWidget(props)
  return <DocumentBlockSelect {...input} context={context} value={stringOf(props.value)} onChange={set} />
}

function TimeZoneWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  return <TimeZoneSelect {...input} value={stringOf(props.value)} onChange={set} />
}

function TimeWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  const { required, ...shared } = input
  return (
    <TextInput
      {...shared}
      withAsterisk={required}
      type="time"
      inputContainer={(children) => <Box maw={140}>{children}</Box>}
      value={textOf(props.value)}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}

/** One of the choices of the field that a key beside it names. */
function ChoiceWidget(props: WidgetProps) {
  const { input, module, modules, set } = useWidget(props)
  const field = props.levels.at(-1)?.value[props.schema['x-field'] ?? '']
  const { required, ...shared } = input
  const choices = choicesOf(typedPath(modules, module, textOf(field))) ?? []
  const value = stringOf(props.value)
  if (value && !choices.some((one) => one.value === value))
    choices.push({ value, label: field ? t.gone(value) : value })
  return (
    <Select
      {...shared}
      withAsterisk={required}
      data={choices}
      value={value}
      onChange={set}
      searchable
      clearable={!required}
      disabled={!field && !value}
      placeholder={field ? t.choose : t.chooseFieldFirst}
    />
  )
}

/** A name for machines: what is typed is made to fit. */
function KeyWidget(props: WidgetProps) {
  const { input, set } = useWidget(props)
  const { required, description, ...shared } = input
  return (
    <TextInput
      {...shared}
      withAsterisk={required}
      description={[description, t.keyHelp].filter(Boolean).join(' ')}
      value={textOf(props.value)}
      onChange={(event) => set(event.currentTarget.value.toLowerCase().replace(/[\s-]+/g, '_'))}
    />
  )
}

function CronWidget(props: WidgetProps) {
  const { input, context, set } = useWidget(props)
  return (
    <Suspense fallback={null}>
      <CronInput
        {...input}
        timeZone={context.document?.settings?.time_zone ?? null}
        value={textOf(props.value)}
        onChange={(next) => (props.required ? props.onChange(next) : set(next))}
      />
    </Suspense>
  )
}

/** A schedule step by step; what is wrong in any part of it is said once. */
function ScheduleWidget({ schema, value, onChange, path }: WidgetProps) {
  const { context, defs, problems } = useSurroundings()
  const labels = (key: string) => labelled(resolve(schema.properties?.[key] ?? {}, defs))
  return (
    <Suspense fallback={<Skeleton h={120} />}>
      <ScheduleInput
        value={isObject(value) ? value : {}}
        onChange={onChange}
        kinds={labels('every')}
        shortMonths={labels('short_month')}
        timeZone={context.document?.settings?.time_zone ?? null}
        error={isObject(value) ? errorWithin(problems, path) : undefined}
      />
    </Suspense>
  )
}

/** The choices with what people see, in the order of the choices: labels come in that of the alphabet. */
function labelled(schema: Schema): Record<string, string> {
  const labels = schema['x-labels'] ?? {}
  const keys = schema.enum?.map(String) ?? Object.keys(labels)
  return Object.fromEntries(keys.map((key) => [key, labels[key] ?? key]))
}

/** The inputs by the name of the widget in a schema (sdk/fields.py). */
export const KNOWN_WIDGETS: Record<string, ComponentType<WidgetProps>> = {
  condition: ConditionWidget,
  value: ValueWidget,
  assignments: AssignmentsInput,
  template: TemplateWidget,
  'template-long': TemplateWidget,
  html: HtmlWidget,
  formula: FormulaWidget,
  field: FieldWidget,
  fields: FieldsWidget,
  path: PathWidget,
  children: ChildrenWidget,
  module: ModuleWidget,
  user: UserWidget,
  group: GroupWidget,
  'saved-template': SavedTemplateWidget,
  'file-store': FileStoreWidget,
  workflow: WorkflowWidget,
  playbook: PlaybookWidget,
  'data-task': DataTaskWidget,
  'text-provider': TextProviderWidget,
  'chat-provider': ChatProviderWidget,
  'document-block': DocumentBlockWidget,
  secret: SecretWidget,
  cron: CronWidget,
  schedule: ScheduleWidget,
  'time-zone': TimeZoneWidget,
  time: TimeWidget,
  choice: ChoiceWidget,
  key: KeyWidget,
  script: ScriptInput,
  duration: DurationInput,
  'ai-provider': AiProviderSelect,
  'ai-along': AiAlong,
}
