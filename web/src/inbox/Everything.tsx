import { Button, Group, Select, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { countInboxOptions, type InboxItem, listInboxInfiniteOptions } from '../api'
import { Empty } from '../parts/Empty'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { format, t as shared } from '../text'
import { inbox as t } from '../text/inbox'
import { groupOf } from './groups'
import classes from './Inbox.module.css'
import { ItemDialog } from './ItemDialog'
import { ItemRow } from './ItemRow'

const WHAT = {
  all: undefined,
  steps: ['task', 'step'],
  answers: ['approval', 'form'],
  news: ['notification'],
} as const
type What = keyof typeof WHAT
const HEADINGS = ['overdue', 'today', 'later', 'none', 'news'] as const

/** Everything that waits for one, overdue first: tasks, steps, approvals, forms and what there is to know. */
export function Everything() {
  const [what, setWhat] = useState<What>('all')
  const [queue, setQueue] = useState<string | null>(null)
  const [open, setOpen] = useState<InboxItem | null>(null)
  useLive(['tasks', 'notification', 'runs'], ['listInbox', 'countInbox'])
  const kind = WHAT[what]
  const query = { limit: 50, ...(kind && { kind: [...kind] }), ...(queue && { group: Number(queue) }) }
  const found = useInfiniteQuery({
    ...listInboxInfiniteOptions({ query }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const items = found.data?.pages.flatMap((page) => page.items)
  return (
    <>
      <Filters what={what} onWhat={setWhat} queue={queue} onQueue={setQueue} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={280} role="status" aria-label={shared.common.loading} />}
      {items?.length === 0 && <Empty icon={IconChecklist} title={t.emptyAll} about={t.emptyAllAbout} />}
      <Stack gap="md">
        {HEADINGS.map((heading) => {
          const under = items?.filter((item) => headingOf(item) === heading) ?? []
          // What has not been fetched comes after the last: how many there are of its kind is not known yet.
          const more = found.hasNextPage && under.at(-1) === items?.at(-1)
          return (
            under.length > 0 && (
              <Under key={heading} heading={heading} items={under} more={more} onOpen={setOpen} />
            )
          )
        })}
        {found.hasNextPage && (
          <Button variant="default" onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {shared.common.more}
          </Button>
        )}
      </Stack>
      {open && <ItemDialog item={open} onClose={() => setOpen(null)} />}
    </>
  )
}

function headingOf(item: InboxItem): (typeof HEADINGS)[number] {
  if (item.kind === 'notification') return 'news'
  const found = groupOf({ status: 'open', due_at: item.due_at }, format.timeZone)
  return HEADINGS.find((known) => known === found) ?? 'none'
}

interface UnderProps {
  heading: (typeof HEADINGS)[number]
  items: InboxItem[]
  /** Whether there are more of them than these. */
  more: boolean
  onOpen: (item: InboxItem) => void
}

function Under({ heading, items, more, onOpen }: UnderProps) {
  return (
    <section aria-labelledby={`waits-${heading}`}>
      <Group gap={8} mb={6}>
        <Title
          order={2}
          id={`waits-${heading}`}
          c={heading === 'overdue' ? 'var(--mantine-color-error)' : undefined}
        >
          {t.heading[heading]}
        </Title>
        <Text size="sm" c="dimmed">
          {format.number(items.length)}
          {more && '+'}
        </Text>
      </Group>
      <ul className={classes.list}>
        {items.map((item) => (
          <ItemRow key={`${item.kind}-${item.id}`} item={item} onOpen={() => onOpen(item)} />
        ))}
      </ul>
    </section>
  )
}

interface FiltersProps {
  what: What
  onWhat: (what: What) => void
  queue: string | null
  onQueue: (queue: string | null) => void
}

function Filters({ what, onWhat, queue, onQueue }: FiltersProps) {
  const counted = useQuery(countInboxOptions())
  const queues = (counted.data?.queues ?? []).map((one) => ({
    value: String(one.id),
    label: t.queue(one.name, format.number(one.waiting)),
  }))
  return (
    <Group gap="xs" mb="md" role="search">
      <Select
        w={220}
        aria-label={t.what}
        allowDeselect={false}
        data={(Object.keys(WHAT) as What[]).map((value) => ({
          value: value as string,
          label: t.whats[value] ?? value,
        }))}
        value={what}
        onChange={(value) => {
          const known = (Object.keys(WHAT) as What[]).find((one) => one === value)
          if (known) onWhat(known)
        }}
      />
      {queues.length > 0 && (
        <Select
          w={260}
          aria-label={t.queues}
          placeholder={t.queues}
          clearable
          data={queues}
          value={queue}
          onChange={onQueue}
        />
      )}
    </Group>
  )
}
