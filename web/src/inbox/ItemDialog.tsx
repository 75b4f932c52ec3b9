import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getQuestionOptions, getTaskOptions, type InboxItem, type Task } from '../api'
import { Problem } from '../parts/Problem'
import { inbox as t } from '../text/inbox'
import classes from './Inbox.module.css'
import { ItemHistory } from './ItemHistory'
import { QuestionRow } from './QuestionRow'
import { TaskFiles } from './TaskFiles'
import { TaskRow } from './TaskRow'
import { useItemDeeds } from './useItemDeeds'
import { useNames } from './useNames'

/** One thing that waits, in full: all that can be done with it, its files, and what happened to it. */
export function ItemDialog({ item, onClose }: { item: InboxItem; onClose: () => void }) {
  const asked = item.kind === 'approval' || item.kind === 'form'
  return (
    <Modal opened onClose={onClose} title={t.kinds[item.kind]} size="xl">
      <Stack gap="md">
        {item.for_user_name && <Text size="sm">{t.standsIn(item.for_user_name)}</Text>}
        {asked ? <AQuestion id={item.id} /> : <ATask id={item.id} />}
        <ItemHistory of={asked ? 'question' : 'task'} id={item.id} />
      </Stack>
    </Modal>
  )
}

function AQuestion({ id }: { id: number }) {
  const found = useQuery({ ...getQuestionOptions({ path: { question_id: id } }), staleTime: 0 })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={80} />
  return (
    <ul className={classes.list}>
      <QuestionRow question={found.data} />
    </ul>
  )
}

function ATask({ id }: { id: number }) {
  const found = useQuery({ ...getTaskOptions({ path: { task_id: id } }), staleTime: 0 })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  return found.data ? <TheTask task={found.data} /> : <Skeleton height={80} />
}

function TheTask({ task }: { task: Task }) {
  const names = useNames([task])
  const act = useItemDeeds(task)
  const open = task.status === 'open' || task.status === 'in_progress'
  return (
    <>
      <ul className={classes.list}>
        <TaskRow task={task} names={names} marked={false} />
      </ul>
      {task.description && (
        <Text size="sm" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }} dir="auto">
          {task.description}
        </Text>
      )}
      {open && task.assignee_group_id !== null && task.assignee_user_id !== null && (
        <Group>
          <Button size="compact-sm" variant="default" loading={act.pending} onClick={act.release}>
            {t.release}
          </Button>
        </Group>
      )}
      {open && <TaskFiles task={task} />}
    </>
  )
}
