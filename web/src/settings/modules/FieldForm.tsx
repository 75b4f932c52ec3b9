import { Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, type FieldOut, type ModuleOut, removeFieldMutation } from '../../api'
import { asProblem } from '../../api/problem'
import { useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { t } from '../../text'
import { modules as words } from '../../text/modules'
import { keyFrom } from '../people/keys'
import { FieldOptions } from './FieldOptions'
import { changedOptions, type Options } from './options'
import { useFieldTypes } from './useFieldTypes'

interface Props {
  module: ModuleOut
  field: FieldOut | null
  onDone: () => void
}

const COMPUTED = new Set(['formula', 'auto_number', 'line_items'])

/** One field: what it is called, what it holds, and what must hold for it. */
export function FieldForm({ module, field, onDone }: Props) {
  const [label, setLabel] = useState(field?.label ?? '')
  const [key, setKey] = useState(field?.key ?? '')
  const [type, setType] = useState(field?.type ?? 'text')
  const [help, setHelp] = useState(field?.description ?? '')
  const [rules, setRules] = useState({
    required: field?.required ?? false,
    unique: field?.unique ?? false,
    indexed: field?.indexed ?? false,
  })
  const [options, setOptions] = useState<Options>(field?.options ?? {})
  const types = useFieldTypes()
  const currency = useMe().organisation.currency
  const cache = useQueryClient()
  const save = useMutation({
    mutationFn: () => {
      const body = {
        label: label.trim(),
        description: help.trim(),
        type,
        ...(COMPUTED.has(type) ? {} : rules),
      }
      if (!field)
        return api.addField({
          path: { module: module.key },
          body: { ...body, key: key || keyFrom(label), options },
          throwOnError: true,
        })
      const changed = type === field.type ? changedOptions(field.options, options) : options
      return api.changeField({
        path: { module: module.key, field: field.key },
        body: {
          ...body,
          ...(key !== field.key && { key }),
          ...(Object.keys(changed).length > 0 && { options: changed }),
        },
        throwOnError: true,
      })
    },
    onSuccess: async () => {
      sayDone(words.saved(label))
      await cache.invalidateQueries()
      onDone()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const rule = (name: keyof typeof rules, about?: string) => (
    <Checkbox
      label={words[name]}
      description={about}
      checked={rules[name]}
      onChange={(event) => setRules({ ...rules, [name]: event.currentTarget.checked })}
    />
  )
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {problem && <Problem error={problem} />}
        <TextInput
          label={words.name}
          required
          data-autofocus
          value={label}
          error={problem?.at('/label')}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <TextInput
          label={words.key}
          description={words.keyAbout}
          readOnly={module.attached}
          value={key || keyFrom(label)}
          error={problem?.at('/key')}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Select
          label={words.type}
          searchable
          disabled={module.attached}
          data={types.map((one) => ({ value: one.key, label: one.label }))}
          value={type}
          error={problem?.at('/type')}
          onChange={(value) => {
            setType(value ?? 'text')
            setOptions(value === field?.type ? field.options : beginning(value, currency))
          }}
          renderOption={({ option }) => (
            <div>
              <Text size="sm">{option.label}</Text>
              <Text size="xs" c="dimmed">
                {words.types[option.value] ?? ''}
              </Text>
            </div>
          )}
          maxDropdownHeight={320}
        />
        {!module.attached && (
          <FieldOptions
            module={module}
            type={type}
            options={options}
            onChange={setOptions}
            problem={problem}
            isNew={!field}
          />
        )}
        <TextInput
          label={words.help}
          value={help}
          error={problem?.at('/description')}
          onChange={(event) => setHelp(event.currentTarget.value)}
        />
        {!COMPUTED.has(type) && !module.attached && (
          <Stack gap={6}>
            {rule('required')}
            {rule('unique')}
            {rule('indexed', words.indexedAbout)}
          </Stack>
        )}
        <Group justify="space-between">
          {field && !module.attached ? (
            <RemoveField module={module} field={field} onDone={onDone} />
          ) : (
            <span />
          )}
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What a new field of a type begins with. */
function beginning(type: string | null, currency: string | null | undefined): Options {
  return type === 'money' && currency ? { currency } : {}
}

function RemoveField({ module, field, onDone }: Props & { field: FieldOut }) {
  const cache = useQueryClient()
  const remove = useMutation({
    ...removeFieldMutation(),
    onSuccess: () => {
      sayDone(words.removedField)
      cache.invalidateQueries()
      onDone()
    },
    onError: (error) => sayProblem(error),
  })
  const ask = async () => {
    const question = {
      title: words.removeFieldTitle(field.label),
      about: words.removeFieldAbout,
      yes: words.removeField,
      danger: true,
    }
    if (await confirm(question)) remove.mutate({ path: { module: module.key, field: field.key } })
  }
  return (
    <Button variant="subtle" color="red" loading={remove.isPending} onClick={ask}>
      {words.removeField}
    </Button>
  )
}
