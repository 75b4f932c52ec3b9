import { MultiSelect, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getRecordOptions, lookUpRecordsOptions } from '../api'
import { form as t } from '../text/form'
import type { InputProps } from './types'
import { useModules } from './useCatalogue'

type Id = string | number

interface Props extends InputProps<Id | null> {
  module: string
}

/** One record of a module, found by what names it. Ids that are numbers stay numbers. */
export function RecordSelect({ module, value, onChange, required, ...input }: Props) {
  const { options, setTyped, read } = useNamed(module, value === null ? [] : [value])
  return (
    <Select
      data={options}
      value={value === null || value === '' ? null : String(value)}
      onChange={(id) => onChange(id === null ? null : read(id))}
      searchable
      onSearchChange={setTyped}
      filter={({ options: found }) => found}
      clearable={!required}
      withAsterisk={required}
      placeholder={t.chooseRecord}
      nothingFoundMessage={t.nothingFound}
      {...input}
    />
  )
}

interface ManyProps extends InputProps<Id[]> {
  module: string
}

/** Several records of a module. */
export function RecordsSelect({ module, value, onChange, required, ...input }: ManyProps) {
  const { options, setTyped, read } = useNamed(module, value)
  return (
    <MultiSelect
      data={options}
      value={value.map(String)}
      onChange={(ids) => onChange(ids.map(read))}
      searchable
      onSearchChange={setTyped}
      filter={({ options: found }) => found}
      withAsterisk={required}
      placeholder={value.length === 0 ? t.chooseRecord : undefined}
      nothingFoundMessage={t.nothingFound}
      {...input}
    />
  )
}

/** What can be chosen: what the search found, and by their titles those that are chosen already. */
function useNamed(module: string, chosen: Id[]) {
  const known = useModules().get(module)
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed, 200)
  const records = useQueries({
    queries: chosen.map((id) => ({
      ...getRecordOptions({ path: { module, record_id: String(id) } }),
      staleTime: 60_000,
      retry: false,
    })),
  })
  const titles = new Map(
    chosen.map((id, index) => {
      const title = records[index]?.data?.values[known?.title_field ?? '']
      return [String(id), typeof title === 'string' && title ? title : String(id)]
    }),
  )
  const q = [...titles.values()].includes(asked) ? '' : asked
  const found = useQuery({
    ...lookUpRecordsOptions({ path: { module }, query: { q, limit: 20 } }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  for (const item of found.data?.items ?? []) titles.set(item.id, item.title || item.id)
  const options = [...titles].map(([value, label]) => ({ value, label }))
  const key = known?.fields.find((field) => field.key === (known.key_columns[0] ?? 'id'))
  const numeric = key ? key.type === 'integer' : true
  const read = (id: string): Id => (numeric && /^-?\d{1,15}$/.test(id) ? Number(id) : id)
  return { options, setTyped, read }
}
