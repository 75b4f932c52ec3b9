import { Anchor, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listNotificationsOptions } from '../api'
import { NotificationList } from '../inbox/NotificationList'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { home as t } from '../text/home'
import { Section } from './Section'

/** The newest notifications, for who does not look after workflows. */
export function News() {
  const found = useQuery(listNotificationsOptions({ query: { limit: 8 } }))
  useLive(['notification'], ['listNotifications'])
  const more = (
    <Anchor component={Link} to="/inbox?tab=notifications" size="sm">
      {t.all}
    </Anchor>
  )
  return (
    <Section title={t.notifications} beside={more}>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!found.data && !found.error && <Skeleton h={120} />}
      {found.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noNotificationsMore}
        </Text>
      )}
      <Stack gap={0}>{found.data && <NotificationList items={found.data.items} />}</Stack>
    </Section>
  )
}
