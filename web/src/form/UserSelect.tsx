import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { findPeopleOptions, type Person } from '../api'
import { form as t } from '../text/form'
import type { InputProps } from './types'

/** One person, found by name or address; the value is the user's id. */
export function UserSelect({ value, onChange, required, ...input }: InputProps<number | null>) {
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed, 200)
  const own = useQuery({
    ...findPeopleOptions({ query: { ids: [value ?? 0] } }),
    enabled: value !== null,
    staleTime: 60_000,
  })
  const chosen = own.data?.users.find((one) => one.id === value)
  const q = asked === chosen?.name ? '' : asked
  const found = useQuery({
    ...findPeopleOptions({ query: { q, limit: 20 } }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  const people = uniquePeople([...(chosen ? [chosen] : []), ...(found.data?.users ?? [])])
  const data = people.map((one) => ({ value: String(one.id), label: one.name }))
  if (value !== null && own.data && !chosen) data.push({ value: String(value), label: t.gone(`#${value}`) })
  return (
    <Select
      data={data}
      value={value === null ? null : String(value)}
      onChange={(id) => onChange(id === null ? null : Number(id))}
      searchable
      onSearchChange={setTyped}
      filter={({ options }) => options}
      clearable={!required}
      withAsterisk={required}
      placeholder={t.choosePerson}
      nothingFoundMessage={t.nothingFound}
      {...input}
    />
  )
}

function uniquePeople(people: Person[]): Person[] {
  return [...new Map(people.map((one) => [one.id, one])).values()]
}
