import { Anchor, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listEventsOptions } from '../api'
import { Problem } from '../parts/Problem'
import { spanOf } from '../parts/span'
import { calendar as t } from '../text/calendar'
import classes from './Attention.module.css'
import { Section } from './Section'

const MOST = 5

/** One's own events of the next weeks; nothing at all for who has none. */
export function ComingUp() {
  const found = useQuery(listEventsOptions({ query: { limit: 50 } }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  const events = (found.data?.items ?? []).filter((one) => one.status !== 'cancelled').slice(0, MOST)
  if (events.length === 0) return null
  return (
    <Section title={t.comingUp}>
      <Stack gap={0} data-testid="coming-up">
        {events.map((event) => (
          <Group key={event.id} className={classes.line} gap="xs" justify="space-between" wrap="nowrap">
            {event.module && event.record_id ? (
              <Anchor
                component={Link}
                to={`/records/${event.module}/${event.record_id}`}
                size="sm"
                lineClamp={2}
              >
                {event.title}
              </Anchor>
            ) : (
              <Text size="sm" lineClamp={2}>
                {event.title}
              </Text>
            )}
            <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
              {spanOf(event)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Section>
  )
}
