import { Button, Group, Pill, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listWorkflowsOptions } from '../../api'
import { outbox as t } from '../../text/outbox'
import { CHANNELS, type Wanted } from './wanted'

interface Props {
  wanted: Wanted
  onFilter: (changes: Record<string, string | null>) => void
}

/** Whose messages, and to whom. */
export function MessageFilters({ wanted, onFilter }: Props) {
  const [text, setText] = useState(wanted.search)
  const search = useDebouncedCallback((search: string) => onFilter({ search }), 250)
  const query = { limit: 200, drafts: false, sort: 'name' } as const
  const workflows = useQuery(listWorkflowsOptions({ query }))
  const choices = workflows.data?.items.map(({ id, name }) => ({ value: String(id), label: name })) ?? []
  const filtered = wanted.search || wanted.channel || wanted.workflow || wanted.run
  return (
    <Group gap="xs" mb="sm" role="search">
      <TextInput
        w={240}
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        maxLength={254}
        onChange={(event) => {
          setText(event.currentTarget.value)
          search(event.currentTarget.value.trim())
        }}
      />
      <Select
        w={160}
        aria-label={t.channel}
        placeholder={t.anyChannel}
        data={CHANNELS.map((value) => ({ value, label: t.channels[value] }))}
        value={wanted.channel}
        onChange={(channel) => onFilter({ channel })}
        clearable
      />
      <Select
        w={320}
        aria-label={t.workflow}
        placeholder={t.anyWorkflow}
        data={choices}
        value={wanted.workflow ? String(wanted.workflow) : null}
        onChange={(workflow) => onFilter({ workflow })}
        searchable
        clearable
      />
      {wanted.run && (
        <Pill withRemoveButton size="md" onRemove={() => onFilter({ run: null })}>
          {t.ofRun(String(wanted.run))}
        </Pill>
      )}
      {filtered && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => {
            setText('')
            onFilter({ search: null, channel: null, workflow: null, run: null })
          }}
        >
          {t.clear}
        </Button>
      )}
    </Group>
  )
}
