import { Select } from '@mantine/core'
import { useMemo } from 'react'
import { form as t } from '../text/form'
import type { InputProps } from './types'

/** A time zone by its place, with how far it is from UTC now. */
export function TimeZoneSelect({ value, onChange, required, ...input }: InputProps<string | null>) {
  const data = useMemo(() => zones(value), [value])
  return (
    <Select
      data={data}
      value={value}
      onChange={onChange}
      searchable
      clearable={!required}
      withAsterisk={required}
      limit={60}
      placeholder={t.choose}
      nothingFoundMessage={t.nothingFound}
      {...input}
    />
  )
}

function zones(own: string | null): { value: string; label: string }[] {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])
  if (own) known.add(own)
  return [...known].map((value) => ({ value, label: `${value.replaceAll('_', ' ')}${offsetOf(value)}` }))
}

function offsetOf(zone: string): string {
  try {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      timeZoneName: 'shortOffset',
    }).formatToParts(new Date())
    return ` (${parts.find((one) => one.type === 'timeZoneName')?.value ?? ''})`
  } catch {
    return ''
  }
}
