import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { RunMessage } from '../api'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { t } from '../text'
import { errorOf } from './words'

/** The messages that a run queued, and what became of them. */
export function MessagesOfRun({ messages }: { messages: RunMessage[] }) {
  if (messages.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.common.none}
      </Text>
    )
  return (
    <Stack gap={6}>
      {messages.map((message) => (
        <Paper key={message.id} className="surface" px="sm" py={8}>
          <Group justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Anchor component={Link} to={`/messages?open=${message.id}`} size="sm">
                {message.recipient ?? message.channel}
              </Anchor>
              <Text size="xs" c="dimmed">
                <When at={message.sent_at ?? message.created_at} />
              </Text>
              {errorOf(message.error) && (
                <Text size="xs" c="var(--mantine-color-error)">
                  {errorOf(message.error)?.message}
                </Text>
              )}
            </div>
            <Status of={message.status} />
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}
