import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listGroupsOptions } from '../api'
import { form as t } from '../text/form'
import type { InputProps } from './types'

/** One group, found by name. */
export function GroupSelect({ value, onChange, required, ...input }: InputProps<string | null>) {
  const found = useQuery({ ...listGroupsOptions({ query: { limit: 200 } }), staleTime: 60_000 })
  const data = (found.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }))
  if (value && found.data && !data.some((one) => one.value === value))
    data.push({ value, label: t.gone(value) })
  return (
    <Select
      data={data}
      value={value || null}
      onChange={onChange}
      searchable
      clearable={!required}
      withAsterisk={required}
      placeholder={t.chooseGroup}
      nothingFoundMessage={found.data?.items.length ? t.nothingFound : t.noGroups}
      {...input}
    />
  )
}
