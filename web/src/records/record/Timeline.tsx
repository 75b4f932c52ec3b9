import { Anchor, Button, Group, Timeline as Line, Skeleton, Stack, Text } from '@mantine/core'
import { IconFile, IconPencil, IconPlus, IconSitemap, IconTrash } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import {
  type ChangeOut,
  type DocumentChange,
  type FieldOut,
  listActivitiesOptions,
  listRecordChangesInfiniteOptions,
  type ModuleOut,
} from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { When } from '../../parts/When'
import { t as shared } from '../../text'
import { documents } from '../../text/documents'
import { records as t } from '../../text/records'
import { isEmpty } from '../fields/Value'
import { Activity } from './Activity'
import { AddActivity } from './AddActivity'
import { Shown } from './ConflictDialog'
import { RecordEvents } from './RecordEvents'
import type { PartProps } from './SidePanel'
import { together } from './together'
import { whoOf, workflowOf } from './who'

const SIGNS: Record<string, typeof IconPencil> = {
  created: IconPlus,
  deleted: IconTrash,
  document: IconFile,
}

/** Every change of a record: who or which run made it, and each field before and after. */
export function Timeline({ module, record }: PartProps) {
  const me = useMe()
  const path = { module: module.key, record_id: String(record.id) }
  const activities = useQuery(listActivitiesOptions({ path, query: { limit: 200 } }))
  const found = useInfiniteQuery({
    ...listRecordChangesInfiniteOptions({
      path: { module: module.key, record_id: record.id },
      query: { limit: 20 },
    }),
    initialPageParam: { path: { module: module.key, record_id: record.id } },
    getNextPageParam: (page) => page.next_cursor,
  })
  if (activities.error) return <Problem error={activities.error} onRetry={() => activities.refetch()} />
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={160} />
  const changes = found.data.pages.flatMap((page) => page.items)
  const shown = together(changes, activities.data?.items ?? [], found.hasNextPage)
  const adds = !module.read_only && may(me, 'update', module.key)
  return (
    <Stack gap="sm" data-testid="timeline">
      {adds && <AddActivity module={module} record={record} />}
      <RecordEvents module={module} record={record} />
      {shown.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noChanges}
        </Text>
      )}
      <Line bulletSize={24} lineWidth={1} active={shown.length}>
        {shown.map(({ change, activity }) =>
          change ? (
            <Entry key={`change-${change.id}`} module={module} change={change} />
          ) : (
            activity && <Activity key={`activity-${activity.id}`} {...{ module, record, activity }} />
          ),
        )}
      </Line>
      {found.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {t.showEarlier}
        </Button>
      )}
    </Stack>
  )
}

function Entry({ module, change }: { module: ModuleOut; change: ChangeOut }) {
  const Sign = change.run ? IconSitemap : (SIGNS[change.operation] ?? IconPencil)
  return (
    <Line.Item bullet={<Sign size={13} />} title={<Head change={change} />}>
      {change.document ? (
        <OfDocument document={change.document} />
      ) : (
        <Fields module={module} change={change} />
      )}
    </Line.Item>
  )
}

function Head({ change }: { change: ChangeOut }) {
  return (
    <Group gap={6} justify="space-between" wrap="nowrap" align="flex-start">
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        {change.run ? (
          <>
            {t.byRun(workflowOf(change.run))},{' '}
            <Anchor component={Link} to={`/runs/${change.run.id}`}>
              {t.runNumber(change.run.id)}
            </Anchor>
          </>
        ) : (
          <b>{whoOf(change)}</b>
        )}{' '}
        {change.document ? happened(change.document) : (t.operations[change.operation] ?? change.operation)}
      </Text>
      <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} mt={2}>
        <When at={change.at} />
      </Text>
    </Group>
  )
}

function happened(document: DocumentChange): string {
  return documents.happened[document.happened] ?? document.happened
}

/** Which file it was, and what it was called or where it lay before. */
function OfDocument({ document: { id, name, before, now } }: { document: DocumentChange }) {
  return (
    <Text size="xs" component="div" mt={4} style={{ overflowWrap: 'anywhere' }} lineClamp={4}>
      <Anchor href={`/api/v1/documents/${id}/content`} download inherit>
        {name}
      </Anchor>
      {now !== null && (
        <Text span inherit c="dimmed">
          : {before || shared.common.nothing} → {now || shared.common.nothing}
        </Text>
      )}
    </Text>
  )
}

const FEW = 4

function Fields({ module, change }: { module: ModuleOut; change: ChangeOut }) {
  const [all, setAll] = useState(false)
  const touched = module.fields.filter((field) => field.key in change.fields)
  const own = touched.filter((field) => !field.system)
  const shown = all ? own : own.slice(0, FEW)
  if (own.length === 0)
    return (
      <Text size="xs" c="dimmed">
        {t.nothingVisible}
      </Text>
    )
  return (
    <Stack gap={2} mt={4}>
      {shown.map((field) => (
        <BeforeAfter key={field.key} field={field} change={change} />
      ))}
      {own.length > shown.length && (
        <Anchor component="button" type="button" size="xs" ta="start" onClick={() => setAll(true)}>
          {shared.common.more} ({own.length - shown.length})
        </Anchor>
      )}
    </Stack>
  )
}

function BeforeAfter({ field, change }: { field: FieldOut; change: ChangeOut }) {
  const { before, after } = change.fields[field.key] ?? { before: null, after: null }
  return (
    <Text size="xs" component="div" style={{ overflowWrap: 'anywhere' }} lineClamp={4}>
      <Text span inherit c="dimmed">
        {field.label}:{' '}
      </Text>
      {change.operation === 'updated' && (
        <>
          {isEmpty(before) ? shared.common.nothing : <Shown field={field} value={before} />}
          {' → '}
        </>
      )}
      <Shown field={field} value={change.operation === 'deleted' ? before : after} />
    </Text>
  )
}
