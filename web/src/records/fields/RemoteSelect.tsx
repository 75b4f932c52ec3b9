import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Spinner } from '../../parts/Spinner'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import type { Choice } from '../model'

export interface RemoteProps {
  value: string | null
  /** The name of what is chosen, as far as it is known already. */
  title?: string
  onChange: (key: string | null, title: string | null) => void
  label?: string
  'aria-label'?: string
  description?: string
  error?: string
  required?: boolean
  disabled?: boolean
  autoFocus?: boolean
}

interface Props extends RemoteProps {
  /** What is looked through: a module. */
  among: string
  /** Asks the server for what fits the text. */
  find: (text: string) => Promise<Found>
}

/** Some of what fits; `complete` false: there is more. */
export interface Found {
  choices: Choice[]
  complete: boolean
}

/** One of many things, found by typing: the server looks. */
export function RemoteSelect({ value, title, onChange, among, find, required, ...input }: Props) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<Choice | null>(null)
  const current = currentOf(value, title, chosen)
  const typed = current && text === current.label ? '' : text
  const [late] = useDebouncedValue(typed, 150)
  const asked = late.trim()
  const found = useQuery({
    queryKey: ['find', among, asked],
    queryFn: () => find(asked),
    enabled: open,
    placeholderData: (before) => before,
  })
  const complete = found.data?.complete ?? true
  const data = (found.data?.choices ?? []).map((choice) => ({ value: choice.key, label: choice.label }))
  if (current && !data.some((one) => one.value === current.key))
    data.unshift({ value: current.key, label: current.label })
  return (
    <Select
      {...input}
      value={value}
      data={data}
      searchable
      clearable={!required}
      withAsterisk={required}
      filter={({ options }) => options}
      searchValue={text}
      onSearchChange={setText}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(key) => {
        const found = data.find((one) => one.value === key)
        setChosen(found ? { key: found.value, label: found.label } : null)
        onChange(key, found?.label ?? null)
      }}
      placeholder={t.typeToFind}
      nothingFoundMessage={
        found.data ? t.nothingFound : open && <Spinner size="xs" label={shared.common.loading} />
      }
      comboboxProps={{ shadow: 'md', withinPortal: true }}
      description={input.description ?? (open && !complete ? t.more : undefined)}
    />
  )
}

function currentOf(value: string | null, title: string | undefined, chosen: Choice | null): Choice | null {
  if (value === null) return null
  if (chosen?.key === value) return chosen
  return { key: value, label: title || `#${value}` }
}
