import { Select } from '@mantine/core'
import { form as t } from '../text/form'
import type { InputProps } from './types'

interface Props extends InputProps<string | null> {
  /** What there is to choose from; undefined until it is known. */
  items: readonly { key: string; name: string }[] | undefined
  placeholder: string
  /** What is said when there is nothing to choose from. */
  none: string
}

/** One of several things that have a key, found by name. One that is gone is shown as such, and kept. */
export function KeySelect({ items, none, value, onChange, required, ...input }: Props) {
  const data = (items ?? []).map((one) => ({ value: one.key, label: one.name }))
  if (value && items && !data.some((one) => one.value === value)) data.push({ value, label: t.gone(value) })
  return (
    <Select
      data={data}
      value={value || null}
      onChange={onChange}
      searchable
      clearable={!required}
      withAsterisk={required}
      nothingFoundMessage={items?.length ? t.nothingFound : none}
      {...input}
    />
  )
}
