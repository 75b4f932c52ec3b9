import { Alert, Badge, Group, Paper, Stack, Text } from '@mantine/core'
import type {
  Letter,
  TestedActivity,
  TestedEvent,
  TestedMessage,
  TestedNotification,
  TestedTask,
} from '../../api'
import { LetterView } from '../../outbox/messages/LetterView'
import { spanOf } from '../../parts/span'
import { format } from '../../text'
import { calendar } from '../../text/calendar'
import { test as t } from '../../text/trust'

/** The mails of a block as their recipients would get them. */
export function Mails({ messages }: { messages: TestedMessage[] }) {
  return (
    <Stack gap={8}>
      {messages.map((message, index) => (
        <Paper key={String(index)} className="surface" p="xs" data-testid="tested-mail">
          {message.error === null ? (
            <LetterView letter={letterOf(message)} height={260} />
          ) : (
            <Alert color="red" py={6} title={t.notWritten}>
              {t.mailTo(message.recipient)}: {message.error}
            </Alert>
          )}
        </Paper>
      ))}
    </Stack>
  )
}

function letterOf(message: TestedMessage): Letter {
  const { channel: _channel, recipient, error: _error, ...rest } = message
  const { text, to } = message
  return { ...rest, text: text ?? '', to: to ?? [recipient] }
}

/** The tasks that would be in somebody's inbox. */
export function Tasks({ tasks }: { tasks: TestedTask[] }) {
  return (
    <Stack gap={6}>
      {tasks.map((task, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-task">
          <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
            <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
              {task.title}
            </Text>
            <Badge color="gray" style={{ flex: 'none' }}>
              {task.priority}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed">
            {t.forWhom(task.assignee ?? task.assignee_group ?? t.nobody)}
            {task.due_at && ` · ${t.due(format.dateTime(task.due_at))}`}
          </Text>
          {task.description && (
            <Text size="xs" mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
              {task.description}
            </Text>
          )}
        </Paper>
      ))}
    </Stack>
  )
}

/** The events that would be in somebody's calendar. */
export function Events({ events }: { events: TestedEvent[] }) {
  return (
    <Stack gap={6}>
      {events.map((event, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-event">
          <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
            <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
              {event.title}
            </Text>
            <Badge color="gray" style={{ flex: 'none' }}>
              {calendar.kinds[event.kind] ?? event.kind}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {[
              spanOf(event),
              event.location && calendar.at(event.location),
              t.forWhom(event.assignee ?? event.assignee_group ?? t.nobody),
            ]
              .filter(Boolean)
              .join(' · ')}
          </Text>
          {event.description && <Long text={event.description} />}
        </Paper>
      ))}
    </Stack>
  )
}

/** The activities that would stand in a record's timeline. */
export function Activities({ activities }: { activities: TestedActivity[] }) {
  return (
    <Stack gap={6}>
      {activities.map((one, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-activity">
          <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {one.title}
          </Text>
          <Text size="xs" c="dimmed">
            {calendar.activityKinds[one.kind] ?? one.kind} · {one.module_label} {one.record_id}
          </Text>
          {one.body && <Long text={one.body} />}
        </Paper>
      ))}
    </Stack>
  )
}

function Long({ text }: { text: string }) {
  return (
    <Text size="xs" mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
      {text}
    </Text>
  )
}

/** The notifications that people would see. */
export function Notifications({ notifications }: { notifications: TestedNotification[] }) {
  return (
    <Stack gap={6}>
      {notifications.map((one, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-notification">
          <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {one.title}
          </Text>
          {one.body && (
            <Text size="xs" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
              {one.body}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {t.forWhom(one.user)}
          </Text>
        </Paper>
      ))}
    </Stack>
  )
}
