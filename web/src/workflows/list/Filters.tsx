import { Button, Group, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { listModulesOptions } from '../../api'
import { t as shared } from '../../text'
import { workflows as t } from '../../text/workflows'
import { CATEGORIES, isFiltered, SORTS, STATES, type Wanted } from './wanted'

interface Props {
  wanted: Wanted
  /** How many there are of each state. */
  counts: Record<string, number> | undefined
  onFilter: (name: keyof Wanted, value: string | null) => void
  onClear: () => void
}

/** Which workflows are shown, and in which order. */
export function Filters({ wanted, counts, onFilter, onClear }: Props) {
  const modules = useQuery(listModulesOptions())
  const choices = (modules.data?.items ?? [])
    .filter((module) => !module.parent_field)
    .map((module) => ({ value: module.key, label: module.label_plural }))
  const states = STATES.map((value) => ({
    value: value as string,
    label: `${shared.common.status[value]}${counts ? ` (${counts[value] ?? 0})` : ''}`,
  }))
  const categories = CATEGORIES.map((value) => ({
    value: value as string,
    label: t.categories[value] ?? value,
  }))
  const sorts = SORTS.map((value) => ({ value: value as string, label: t.sorts[value] }))
  return (
    <Group gap="xs" mb="sm" role="search">
      <SearchField value={wanted.search} onSearch={(text) => onFilter('search', text)} />
      <Select
        w={150}
        aria-label={t.module}
        placeholder={t.anyModule}
        data={choices}
        value={wanted.module}
        onChange={(value) => onFilter('module', value)}
        searchable
        clearable
      />
      <Select
        w={136}
        aria-label={t.state}
        placeholder={t.anyState}
        data={states}
        value={wanted.state}
        onChange={(value) => onFilter('state', value)}
        clearable
      />
      <Select
        w={140}
        aria-label={t.category}
        placeholder={t.anyCategory}
        data={categories}
        value={wanted.category}
        onChange={(value) => onFilter('category', value)}
        clearable
      />
      {isFiltered(wanted) && (
        <Button variant="subtle" size="compact-sm" onClick={onClear}>
          {t.clear}
        </Button>
      )}
      <Select
        w={136}
        ml="auto"
        aria-label={t.sort}
        data={sorts}
        value={wanted.sort}
        onChange={(value) => onFilter('sort', value)}
      />
    </Group>
  )
}

function SearchField({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(value)
  const later = useDebouncedCallback(onSearch, 250)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the address changed by itself
  useEffect(() => {
    if (value !== text.trim()) setText(value)
  }, [value])
  return (
    <TextInput
      w={220}
      type="search"
      aria-label={t.search}
      placeholder={t.search}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      maxLength={200}
      onChange={(event) => {
        setText(event.currentTarget.value)
        later(event.currentTarget.value.trim())
      }}
    />
  )
}
