import { ActionIcon, Button, Checkbox, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getMessageOptions, listMessagesOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { outbox as t } from '../../text/outbox'
import { LetterView } from './LetterView'
import { useDecisions } from './useDecisions'

const COUNTED = 200
const SAMPLES = 5

interface Props {
  workflow: { id: number; key: string; name: string }
  onClose: () => void
}

/** All that is held of a workflow: a few to look at first, how many there are, then one decision. */
export function DecideAll({ workflow, onClose }: Props) {
  const [at, setAt] = useState(0)
  const [follow, setFollow] = useState(true)
  const decide = useDecisions(onClose)
  const query = { status: 'held', workflow_id: workflow.id, limit: COUNTED } as const
  const held = useQuery(listMessagesOptions({ query }))
  const items = held.data?.items ?? []
  const samples = items.slice(0, SAMPLES)
  const filter = { status: 'held', workflow_id: workflow.id } as const
  const release = () => (follow ? decide.releaseWorkflow(workflow.key) : decide.releaseNow({ filter }))
  return (
    <Modal opened onClose={onClose} title={t.allOf.title(workflow.name)} size="xl">
      <Stack gap="sm">
        {held.error && <Problem error={held.error} onRetry={() => held.refetch()} />}
        {!held.data && !held.error && <Skeleton h={360} />}
        {held.data && (
          <Group justify="space-between">
            <Text size="sm" fw={600}>
              {t.allOf.count(items.length, Boolean(held.data.next_cursor))}
            </Text>
            <Steps at={at} all={samples.length} onStep={setAt} />
          </Group>
        )}
        {samples[at] && <Sample id={samples[at].id} />}
        <Checkbox
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
          label={t.allOf.follow}
          description={t.allOf.followAbout}
        />
        <Group justify="flex-end" gap="xs">
          <Button
            variant="default"
            disabled={items.length === 0}
            onClick={() => decide.discard({ filter }, items.length)}
          >
            {t.allOf.discard}
          </Button>
          <Button disabled={items.length === 0} loading={decide.pending} onClick={release}>
            {t.allOf.release}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Steps({ at, all, onStep }: { at: number; all: number; onStep: (to: number) => void }) {
  if (all === 0) return null
  return (
    <Group gap={4}>
      <ActionIcon
        variant="default"
        aria-label={t.allOf.previous}
        disabled={at === 0}
        onClick={() => onStep(at - 1)}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <Text size="sm" aria-live="polite">
        {t.allOf.sample(at + 1, all)}
      </Text>
      <ActionIcon
        variant="default"
        aria-label={t.allOf.next}
        disabled={at + 1 >= all}
        onClick={() => onStep(at + 1)}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
    </Group>
  )
}

function Sample({ id }: { id: number }) {
  const found = useQuery(getMessageOptions({ path: { message_id: id } }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={360} />
  if (!found.data.preview) return <Text size="sm">{found.data.preview_problem}</Text>
  return <LetterView key={id} letter={found.data.preview} height={300} />
}
