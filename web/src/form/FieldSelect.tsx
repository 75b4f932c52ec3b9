import { Select } from '@mantine/core'
import type { FieldOut } from '../api'
import { form as t } from '../text/form'
import type { InputProps } from './types'
import { useModules } from './useCatalogue'

interface Props extends InputProps<string | null> {
  module: string | null
  /** Only fields of these types. */
  types?: string[]
  /** Any further choice of which fields are offered. */
  only?: (field: FieldOut) => boolean
}

/** One field of a module. */
export function FieldSelect({ module, types, only, value, onChange, required, ...input }: Props) {
  const known = useModules().get(module ?? '')
  const fields = (known?.fields ?? []).filter(
    (field) => (!types?.length || types.includes(field.type)) && (!only || only(field)),
  )
  const data = fields.map((field) => ({ value: field.key, label: field.label }))
  if (value && !data.some((one) => one.value === value))
    data.push({ value, label: labelOf(known?.fields, value) })
  return (
    <Select
      data={data}
      value={value || null}
      onChange={onChange}
      searchable
      clearable={!required}
      withAsterisk={required}
      placeholder={module ? t.chooseField : t.chooseModuleFirst}
      nothingFoundMessage={t.noFields}
      maxDropdownHeight={280}
      {...input}
    />
  )
}

function labelOf(fields: FieldOut[] | undefined, key: string): string {
  return fields?.find((field) => field.key === key)?.label ?? (fields ? t.gone(key) : key)
}
