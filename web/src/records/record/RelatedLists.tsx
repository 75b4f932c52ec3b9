import { ActionIcon, Anchor, Badge, Group, Skeleton, Stack, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { listRelatedRecordsOptions, type ModuleOut, type RecordOut, type RelatedRecords } from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { pathOf, titleOf, useModules } from '../model'
import { NewRecord } from './NewRecord'
import type { PartProps } from './SidePanel'

/** Records of other modules that refer to this one, and a new one of each kind. */
export function RelatedLists({ module, record }: PartProps) {
  const modules = useModules()
  const found = useQuery(listRelatedRecordsOptions({ path: { module: module.key, record_id: record.id } }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  if (found.data.items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noRelated}
      </Text>
    )
  return (
    <Stack gap="md">
      {found.data.items.map((related) => (
        <Related
          key={`${related.module}.${related.field}`}
          related={related}
          target={modules.data?.items.find((one) => one.key === related.module)}
          module={module}
          record={record}
        />
      ))}
    </Stack>
  )
}

interface Props {
  related: RelatedRecords
  target: ModuleOut | undefined
  module: ModuleOut
  record: RecordOut
}

function Related({ related, target, module, record }: Props) {
  const me = useMe()
  const [making, setMaking] = useState(false)
  const where = JSON.stringify({ field: related.field, operator: 'equals', value: idOf(module, record) })
  const list = `/records/${related.module}?where=${encodeURIComponent(where)}`
  const count = related.count === null ? null : `${format.number(related.count)}${related.exact ? '' : '+'}`
  const several = related.field_label.toLowerCase() !== module.label.toLowerCase()
  return (
    <section aria-label={related.label}>
      <Group justify="space-between" wrap="nowrap" mb={2}>
        <Group gap={6}>
          <Text fw={600} size="sm" component="h2" m={0}>
            {related.label}
          </Text>
          {several && (
            <Text size="xs" c="dimmed">
              {t.by(related.field_label)}
            </Text>
          )}
          {count !== null && <Badge color="gray">{count}</Badge>}
        </Group>
        {target && !target.read_only && !target.parent_field && may(me, 'create', target.key) && (
          <Tooltip label={t.createNew(target.label)}>
            <ActionIcon
              variant="subtle"
              aria-label={t.createNew(target.label)}
              onClick={() => setMaking(true)}
            >
              <IconPlus size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      {related.records.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noneOf(related.label)}
        </Text>
      )}
      {related.records.map((one) => (
        <Anchor
          key={one.id}
          component={Link}
          to={pathOf(related.module, one.id)}
          size="sm"
          display="block"
          truncate
          py={2}
          dir="auto"
        >
          {one.title || `#${one.id}`}
        </Anchor>
      ))}
      {related.count !== null && related.count > related.records.length && count && (
        <Anchor component={Link} to={list} size="xs">
          {t.allOf(count)}
        </Anchor>
      )}
      {making && target && (
        <NewRecord
          module={target}
          prefill={{ [related.field]: idOf(module, record) }}
          titles={{ [related.field]: { [record.id]: titleOf(module, record) } }}
          onClose={() => setMaking(false)}
          onCreated={() => setMaking(false)}
        />
      )}
    </section>
  )
}

/** The record's key as its own type has it: a number where keys are numbers. */
function idOf(module: ModuleOut, record: RecordOut): unknown {
  const field = module.fields.find((one) => module.key_columns.includes(one.key))
  return field?.type === 'integer' ? Number(record.id) : record.id
}
