import { Button, Skeleton, Stack } from '@mantine/core'
import { IconMail, IconSearchOff } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { listMessagesInfiniteOptions } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { t as shared } from '../text'
import { outbox as t } from '../text/outbox'
import { HeldOfWorkflow } from './messages/HeldOfWorkflow'
import { MessageDrawer } from './messages/MessageDrawer'
import { MessageFilters } from './messages/MessageFilters'
import { MessagesTable } from './messages/MessagesTable'
import { SelectionBar } from './messages/SelectionBar'
import { StatusTabs } from './messages/StatusTabs'
import { asked, type Wanted, wantedOf, withFilters } from './messages/wanted'

/** What workflows wrote to people, and what waits for a person's decision. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set())
  const wanted = wantedOf(params)
  useLive(['messages'], ['listMessages', 'countMessages', 'getMessage'])
  const found = useInfiniteQuery({
    ...listMessagesInfiniteOptions({ query: { ...asked(wanted), limit: 50 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
  const items = found.data?.pages.flatMap((page) => page.items)
  const filter = (changes: Record<string, string | null>) => {
    setSelected(new Set())
    setParams((now) => withFilters(now, changes), { replace: true })
  }
  const show = (id: number | null) =>
    setParams((now) => withFilters(now, { open: id ? String(id) : null }), { replace: true })
  const chosen = items?.filter((item) => selected.has(item.id)) ?? []
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      <StatusTabs status={wanted.status} onChange={(status) => filter({ status })} />
      <MessageFilters wanted={wanted} onFilter={filter} />
      {wanted.status === 'held' && <HeldOfWorkflow workflow={wanted.workflow} items={items ?? []} />}
      <SelectionBar chosen={chosen} onDone={() => setSelected(new Set())} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={320} role="status" aria-label={shared.common.loading} />}
      {items?.length === 0 && <Nothing wanted={wanted} onClear={() => setParams({}, { replace: true })} />}
      {items && items.length > 0 && (
        <Stack gap="sm">
          <MessagesTable items={items} selected={selected} onSelect={setSelected} onOpen={show} />
          {found.hasNextPage && (
            <Button
              variant="default"
              loading={found.isFetchingNextPage}
              onClick={() => found.fetchNextPage()}
            >
              {shared.common.more}
            </Button>
          )}
        </Stack>
      )}
      <MessageDrawer id={Number(params.get('open')) || null} onClose={() => show(null)} />
    </>
  )
}

function Nothing({ wanted, onClear }: { wanted: Wanted; onClear: () => void }) {
  const [title, about] = t.empty[wanted.status ?? 'all'] ?? ['', '']
  if (!wanted.search && !wanted.channel && !wanted.workflow && !wanted.run)
    return <Empty icon={IconMail} title={title} about={about} />
  return (
    <Empty icon={IconSearchOff} title={t.noneFound} about={about}>
      <Button variant="default" onClick={onClear}>
        {t.clear}
      </Button>
    </Empty>
  )
}
