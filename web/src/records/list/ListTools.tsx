import { ActionIcon, Button, Group, Menu, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconDownload, IconFilter, IconSearch, IconX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { ModuleOut } from '../../api'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import type { Values } from '../model'
import { ColumnChooser } from './ColumnChooser'
import { useExport } from './exporting'
import { FilterDrawer } from './FilterDrawer'
import { type ListState, searchedFields, useChangeAddress } from './state'

interface Props {
  module: ModuleOut
  state: ListState
  /** The filter and the search as one. */
  where: Values | null
}

/** Above the table: search, filter, columns, export. */
export function ListTools({ module, state, where }: Props) {
  const change = useChangeAddress()
  const [filtering, setFiltering] = useState(false)
  const filtered = state.where !== null
  return (
    <Group gap="xs" mb="xs">
      <QuickSearch module={module} search={state.search} />
      <Button
        size="xs"
        variant={filtered ? 'light' : 'default'}
        leftSection={<IconFilter size={15} />}
        onClick={() => setFiltering(true)}
        data-testid="filter-open"
      >
        {filtered ? t.filterOn : t.filter}
      </Button>
      {filtered && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t.filterClear}
          onClick={() => change({ where: state.view ? '' : null })}
        >
          <IconX size={15} />
        </ActionIcon>
      )}
      <ColumnChooser
        module={module}
        chosen={state.columns}
        onChange={(columns) => change({ columns: columns?.join(',') ?? null }, true)}
      />
      <ExportMenu module={module} state={state} where={where} />
      {filtering && (
        <FilterDrawer
          module={module}
          value={state.where}
          onClose={() => setFiltering(false)}
          onChange={(next) => {
            setFiltering(false)
            change({ where: next ? JSON.stringify(next) : state.view ? '' : null })
          }}
        />
      )}
    </Group>
  )
}

function QuickSearch({ module, search }: { module: ModuleOut; search: string }) {
  const change = useChangeAddress()
  const [text, setText] = useState(search)
  const [sent, setSent] = useState(search)
  const send = useDebouncedCallback((typed: string) => {
    setSent(typed)
    change({ q: typed.trim() ? typed : null }, true)
  }, 250)
  useEffect(() => {
    // The address was changed by something else: Back, or "show all".
    if (search !== sent.trim() && search !== sent) {
      setText(search)
      setSent(search)
    }
  }, [search, sent])
  const fields = searchedFields(module)
  if (fields.length === 0) return null
  const label = t.find(fields.map((field) => field.label))
  return (
    <TextInput
      size="xs"
      w={260}
      type="search"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        send(event.currentTarget.value)
      }}
      leftSection={<IconSearch size={15} aria-hidden />}
      placeholder={label}
      aria-label={label}
      rightSection={
        text && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`${shared.common.remove}: ${label}`}
            onClick={() => {
              setText('')
              send('')
            }}
          >
            <IconX size={13} />
          </ActionIcon>
        )
      }
    />
  )
}

function ExportMenu({ module, state, where }: Props) {
  const save = useExport(module, { where, sort: state.sort, columns: state.columns })
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} />}
          loading={save.isPending}
          ml="auto"
        >
          {t.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save.mutate({ format: 'csv', delimiter: 'comma' })}>
          {t.exportCsv}
        </Menu.Item>
        <Menu.Item onClick={() => save.mutate({ format: 'csv', delimiter: 'semicolon' })}>
          {t.exportCsvSemicolon}
        </Menu.Item>
        <Menu.Item onClick={() => save.mutate({ format: 'xlsx' })}>{t.exportXlsx}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
