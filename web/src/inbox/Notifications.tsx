import { Button, Group, Paper, Skeleton, Stack, Switch } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { listNotificationsInfiniteOptions, markNotificationsReadMutation, queries } from '../api'
import { Empty } from '../parts/Empty'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { useLive } from '../parts/useLive'
import { t as shared } from '../text'
import { inbox as t } from '../text/inbox'
import { NotificationList } from './NotificationList'

/** All that workflows have told this person, the newest first. */
export function Notifications() {
  const [unread, setUnread] = useState(false)
  useLive(['notification'], ['listNotifications'])
  const found = useInfiniteQuery({
    ...listNotificationsInfiniteOptions({ query: { unread, limit: 50 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const mark = useMutation({
    ...markNotificationsReadMutation(),
    onSuccess: ({ ids }) => sayDone(t.markedRead(ids.length)),
    onError: (error) => sayProblem(error, t.notMarked),
    onSettled: () => queries.invalidateQueries({ queryKey: [{ _id: 'listNotifications' }] }),
  })
  const items = found.data?.pages.flatMap((page) => page.items)
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Switch
          checked={unread}
          onChange={(event) => setUnread(event.currentTarget.checked)}
          label={t.onlyUnread}
        />
        {items?.some((item) => !item.read_at) && (
          <Button
            size="xs"
            variant="default"
            loading={mark.isPending}
            onClick={() => mark.mutate({ body: {} })}
          >
            {t.markAllRead}
          </Button>
        )}
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={200} role="status" aria-label={shared.common.loading} />}
      {items?.length === 0 && (
        <Empty icon={IconBell} title={t.noNotifications} about={t.noNotificationsAbout} />
      )}
      {items && items.length > 0 && (
        <Paper className="surface" px="md" py="xs">
          <NotificationList items={items} />
        </Paper>
      )}
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
          {shared.common.more}
        </Button>
      )}
    </Stack>
  )
}
