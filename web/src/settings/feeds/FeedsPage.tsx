import { Badge, Button, Code, Modal, Skeleton, Table, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconWorldShare } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type FeedOut,
  listFeedsInfiniteOptions,
  listFeedsInfiniteQueryKey,
  revokeFeedMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { useModule } from '../../records/model'
import { t as shared } from '../../text'
import { feeds as t } from '../../text/feeds'
import { NewFeed } from './NewFeed'

const query = { limit: 50 }
const COLORS = { open: 'green', revoked: 'gray', expired: 'gray', stopped: 'orange' } as const

/** Lists that other programs read at an address: published, looked after, taken back. */
export function Page() {
  const [publishing, setPublishing] = useState(false)
  const found = useInfiniteQuery({
    ...listFeedsInfiniteOptions({ query }),
    initialPageParam: {},
    getNextPageParam: (last) =>
      last.next_cursor ? { query: { ...query, cursor: last.next_cursor } } : undefined,
  })
  const feeds = found.data?.pages.flatMap((page) => page.items) ?? []
  const cache = useQueryClient()
  const reload = () => cache.invalidateQueries({ queryKey: listFeedsInfiniteQueryKey({ query }) })
  const publish = <Button onClick={() => setPublishing(true)}>{t.publish}</Button>
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        {feeds.length > 0 && publish}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && feeds.length === 0 && (
        <Empty icon={IconWorldShare} title={t.none} about={t.noneAbout}>
          {publish}
        </Empty>
      )}
      {feeds.length > 0 && <Feeds feeds={feeds} onChange={reload} />}
      {found.hasNextPage && (
        <Button
          mt="sm"
          variant="default"
          onClick={() => found.fetchNextPage()}
          loading={found.isFetchingNextPage}
        >
          {t.older}
        </Button>
      )}
      <Modal opened={publishing} onClose={() => setPublishing(false)} title={t.publish} size="lg">
        {publishing && <NewFeed onMade={reload} onClose={() => setPublishing(false)} />}
      </Modal>
    </>
  )
}

function Feeds({ feeds, onChange }: { feeds: FeedOut[]; onChange: () => void }) {
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table className="surface" withTableBorder data-testid="feeds">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.name}</Table.Th>
            <Table.Th>{t.by}</Table.Th>
            <Table.Th>{t.used}</Table.Th>
            <Table.Th>{t.until}</Table.Th>
            <Table.Th>
              <VisuallyHidden>{shared.common.actions}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {feeds.map((feed) => (
            <Row key={feed.id} feed={feed} onChange={onChange} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Row({ feed, onChange }: { feed: FeedOut; onChange: () => void }) {
  const module = useModule(feed.module)
  const columns = feed.definition.columns ?? []
  const labels = new Map(module?.fields.map((field) => [field.key, field.label]))
  const revoke = useMutation({
    ...revokeFeedMutation(),
    onSuccess: () => {
      sayDone(t.revoked)
      onChange()
    },
    onError: (error) => sayProblem(error),
  })
  const end = async () => {
    const question = { title: t.revokeTitle(feed.name), about: t.revokeAbout, yes: t.revoke, danger: true }
    if (await confirm(question)) revoke.mutate({ path: { feed_id: feed.id } })
  }
  return (
    <Table.Tr>
      <Table.Td maw={320}>
        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
          {feed.name}
        </Text>
        <Text size="xs" c="dimmed">
          {feed.module_label} · {columns.map((key) => labels.get(key) ?? key).join(', ')} ·{' '}
          <Code>{feed.hint}</Code>
        </Text>
      </Table.Td>
      <Table.Td>
        {feed.publisher_name}
        <Text size="xs" c="dimmed" component="div">
          <When at={feed.created_at} />
        </Text>
      </Table.Td>
      <Table.Td>
        {feed.used_at ? <When at={feed.used_at} /> : t.never}
        {feed.uses > 0 && (
          <Text size="xs" c="dimmed">
            {t.uses(feed.uses)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <When at={feed.expires_at} exact />
      </Table.Td>
      <Table.Td ta="right">
        {feed.state === 'open' ? (
          <Button size="compact-xs" color="red" variant="subtle" onClick={end} loading={revoke.isPending}>
            {t.revoke}
          </Button>
        ) : (
          <Tooltip label={t.stoppedAbout} disabled={feed.state !== 'stopped'}>
            <Badge color={COLORS[feed.state]} miw="max-content">
              {t.states[feed.state]}
            </Badge>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
