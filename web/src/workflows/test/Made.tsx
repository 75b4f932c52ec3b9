import { Alert, Badge, Group, Paper, Stack, Text } from '@mantine/core'
import type { Letter, TestedMessage, TestedNotification, TestedTask } from '../../api'
import { LetterView } from '../../outbox/messages/LetterView'
import { format } from '../../text'
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
