import { NumberInput, Select, SimpleGrid, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listModulesOptions, type ModuleOut } from '../../api'
import type { ApiProblem } from '../../api/problem'
import { modules as words } from '../../text/modules'
import { FormulaOption } from './FormulaOption'
import { LineFields } from './LineFields'
import { choicesAsText, choicesFromText, type Options } from './options'

interface Props {
  module: ModuleOut
  type: string
  options: Options
  onChange: (options: Options) => void
  problem: ApiProblem | null
  isNew: boolean
}

/** What a type of field asks for beyond its name. A type that asks for nothing shows nothing. */
export function FieldOptions(props: Props) {
  switch (props.type) {
    case 'select':
    case 'multi_select':
    case 'stage':
      return <Choices {...props} />
    case 'reference':
      return <Reference {...props} />
    case 'money':
      return <Money {...props} />
    case 'integer':
    case 'decimal':
      return <Bounds {...props} />
    case 'text':
    case 'long_text':
      return <Numbers {...props} names={[['max_length', words.maxLength]]} />
    case 'auto_number':
      return <AutoNumber {...props} />
    case 'formula':
      return <FormulaOption {...props} />
    case 'line_items':
      return <LineFields {...props} />
    default:
      return null
  }
}

function Choices({ type, options, onChange, problem }: Props) {
  const [text, setText] = useState(() => choicesAsText(options))
  return (
    <Textarea
      label={type === 'stage' ? words.stages : words.choices}
      description={words.choicesAbout}
      required
      autosize
      minRows={4}
      maxRows={14}
      value={text}
      error={placed(problem, '/options/choices')}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onChange({ ...options, choices: choicesFromText(event.currentTarget.value) })
      }}
    />
  )
}

function Reference({ options, onChange, problem }: Props) {
  const modules = useQuery(listModulesOptions())
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <Select
        label={words.target}
        required
        searchable
        data={(modules.data?.items ?? []).map((module) => ({
          value: module.key,
          label: module.label_plural,
        }))}
        value={typeof options.target === 'string' ? options.target : null}
        error={placed(problem, '/options/target')}
        onChange={(target) => onChange({ ...options, target })}
      />
      <Select
        label={words.onDelete}
        data={Object.entries(words.onDeletes).map(([value, label]) => ({ value, label }))}
        value={typeof options.on_delete === 'string' ? options.on_delete : 'restrict'}
        onChange={(on_delete) => onChange({ ...options, on_delete })}
      />
    </SimpleGrid>
  )
}

function Bounds(props: Props) {
  const bounds: [string, string][] = [
    ['minimum', words.minimum],
    ['maximum', words.maximum],
  ]
  const names: [string, string][] = props.type === 'integer' ? bounds : [['scale', words.scale], ...bounds]
  return <Numbers {...props} names={names} />
}

function Numbers({ options, onChange, problem, names }: Props & { names: [string, string][] }) {
  return (
    <SimpleGrid cols={names.length > 1 ? { base: 1, sm: 3 } : 1} spacing="sm">
      {names.map(([name, label]) => (
        <NumberInput
          key={name}
          label={label}
          value={typeof options[name] === 'number' ? options[name] : ''}
          error={placed(problem, `/options/${name}`)}
          onChange={(value) =>
            onChange(value === '' ? without(options, name) : { ...options, [name]: Number(value) })
          }
        />
      ))}
    </SimpleGrid>
  )
}

/** An amount is in one currency: the organisation's, unless the field says another. */
function Money(props: Props) {
  const { options, onChange, problem } = props
  return (
    <>
      <TextInput
        label={words.currency}
        maxLength={3}
        w={120}
        value={typeof options.currency === 'string' ? options.currency : ''}
        error={placed(problem, '/options/currency')}
        onChange={(event) => onChange({ ...options, currency: event.currentTarget.value.toUpperCase() })}
      />
      <Bounds {...props} />
    </>
  )
}

function AutoNumber({ options, onChange, problem }: Props) {
  return (
    <SimpleGrid cols={2} spacing="sm">
      <TextInput
        label={words.prefix}
        placeholder={words.prefixAbout}
        value={typeof options.prefix === 'string' ? options.prefix : ''}
        error={placed(problem, '/options/prefix')}
        onChange={(event) => onChange({ ...options, prefix: event.currentTarget.value })}
      />
      <NumberInput
        label={words.digits}
        min={1}
        max={18}
        value={typeof options.digits === 'number' ? options.digits : 4}
        error={placed(problem, '/options/digits')}
        onChange={(value) => onChange({ ...options, digits: Number(value) || 4 })}
      />
    </SimpleGrid>
  )
}

function without(options: Options, name: string): Options {
  const { [name]: _, ...rest } = options
  return rest
}

/** The first sentence about a place or about anything in it. */
export function placed(problem: ApiProblem | null, path: string): string | undefined {
  return problem?.problems.find((one) => one.path === path || one.path.startsWith(`${path}/`))?.message
}
