import { Alert, Button, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getMessageOptions, type WholeMessage } from '../../api'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { t as shared } from '../../text'
import { outbox as t } from '../../text/outbox'
import { LetterView } from './LetterView'
import { MessageFacts } from './MessageFacts'
import { explain } from './reasons'
import { useDecisions } from './useDecisions'
import { DECISIONS } from './wanted'

/** One message whole: what it says, what became of it, and what a person can decide. */
export function MessageDrawer({ id, onClose }: { id: number | null; onClose: () => void }) {
  const found = useQuery({ ...getMessageOptions({ path: { message_id: id ?? 0 } }), enabled: id !== null })
  const message = found.data
  return (
    <Drawer
      opened={id !== null}
      onClose={onClose}
      position="right"
      size="min(680px, 100vw)"
      title={
        <Group gap="xs" component="span">
          {t.drawer.title}
          {message && <Status of={message.status} />}
        </Group>
      }
    >
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!message && !found.error && <Skeleton h={400} role="status" aria-label={shared.common.loading} />}
      {message && <Whole message={message} />}
    </Drawer>
  )
}

function Whole({ message }: { message: WholeMessage }) {
  return (
    <Stack gap="md">
      <Explained message={message} />
      {message.preview && <LetterView letter={message.preview} />}
      {message.preview_problem && (
        <Alert color="gray" title={t.noPreview}>
          <Text size="sm">{message.preview_problem}</Text>
        </Alert>
      )}
      <MessageFacts message={message} />
    </Stack>
  )
}

function Explained({ message }: { message: WholeMessage }) {
  const explanation = explain(message)
  if (!explanation) return <Deeds message={message} />
  const { title, color, why, what } = explanation
  return (
    <Alert color={color} title={title}>
      <Stack gap="xs">
        {why && <Text size="sm">{why}</Text>}
        {what && <Text size="sm">{what}</Text>}
        {message.status === 'queued' && message.due_at && (
          <Text size="sm">
            {t.queuedNext} <When at={message.due_at} />
          </Text>
        )}
        <Deeds message={message} />
      </Stack>
    </Alert>
  )
}

function Deeds({ message }: { message: WholeMessage }) {
  const decide = useDecisions()
  const { release, discard, resolve } = DECISIONS[message.status]
  if (!release && !discard && !resolve) return null
  const ids = [message.id]
  return (
    <Group gap="xs">
      {release && (
        <Button size="xs" loading={decide.pending} onClick={() => decide.release({ ids }, 1)}>
          {t.release}
        </Button>
      )}
      {resolve && (
        <>
          <Button size="xs" variant="default" onClick={() => decide.resolve(ids, 'sent')}>
            {t.wasSent}
          </Button>
          <Button size="xs" variant="default" onClick={() => decide.resolve(ids, 'again')}>
            {t.again}
          </Button>
          <Button size="xs" variant="default" onClick={() => decide.resolve(ids, 'failed')}>
            {t.wasNotSent}
          </Button>
        </>
      )}
      {discard && !resolve && (
        <Button size="xs" variant="default" onClick={() => decide.discard({ ids }, 1)}>
          {t.discard}
        </Button>
      )}
    </Group>
  )
}
