import { ActionIcon, Box, Group, Tooltip } from '@mantine/core'
import { IconArrowUpRight, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'react-router'
import { api } from '../../api'
import { may, useMe } from '../../app/useMe'
import { records as t } from '../../text/records'
import { pathOf, useModule } from '../model'
import { NewRecord } from '../record/NewRecord'
import { useUserName } from './RecordTitle'
import { type Found, type RemoteProps, RemoteSelect } from './RemoteSelect'

interface Props extends RemoteProps {
  module: string
  /** Without the buttons to open and to create: in a table's cell. */
  bare?: boolean
}

/** A record of another module, found by what names it; it can be opened, or made on the spot. */
export function RecordSelect({ module, bare = false, ...props }: Props) {
  const me = useMe()
  const target = useModule(module)
  const [making, setMaking] = useState(false)
  const select = <RemoteSelect {...props} among={module} find={(text) => lookUp(module, text)} />
  if (bare) return select
  const mayCreate = target && !target.read_only && !props.disabled && may(me, 'create', module)
  return (
    <Group gap={4} wrap="nowrap" align="flex-end">
      <Box flex={1} miw={0}>
        {select}
      </Box>
      {props.value !== null && (
        <Tooltip label={t.openRecord(props.title ?? `#${props.value}`)}>
          <ActionIcon
            component={Link}
            to={pathOf(module, props.value)}
            variant="default"
            size="input-sm"
            mb={props.error ? 20 : 0}
            aria-label={t.openRecord(props.title ?? `#${props.value}`)}
          >
            <IconArrowUpRight size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {props.value === null && mayCreate && (
        <Tooltip label={t.createNew(target.label)}>
          <ActionIcon
            variant="default"
            size="input-sm"
            mb={props.error ? 20 : 0}
            aria-label={t.createNew(target.label)}
            onClick={() => setMaking(true)}
          >
            <IconPlus size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {making && target && (
        <NewRecord
          module={target}
          onClose={() => setMaking(false)}
          onCreated={(record, title) => {
            setMaking(false)
            props.onChange(record.id, title)
          }}
        />
      )}
    </Group>
  )
}

async function lookUp(module: string, text: string): Promise<Found> {
  const { data } = await api.lookUpRecords({
    path: { module },
    query: { q: text, limit: 15 },
    throwOnError: true,
  })
  return { choices: data.items.map((one) => ({ key: one.id, label: one.title })), complete: data.complete }
}

/** One of the people, found by name. */
export function PersonSelect(props: RemoteProps) {
  const name = useUserName(props.title ? null : props.value)
  return <RemoteSelect {...props} title={props.title ?? name} among="users" find={findPeople} />
}

async function findPeople(text: string): Promise<Found> {
  const { data } = await api.listUsers({
    query: { ...(text ? { search: text } : {}), active: true, limit: 20 },
    throwOnError: true,
  })
  return {
    choices: data.items.map((user) => ({ key: String(user.id), label: user.name })),
    complete: data.next_cursor === null,
  }
}
