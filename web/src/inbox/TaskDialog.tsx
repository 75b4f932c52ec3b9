import { Alert, Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, changeTaskMutation, getTaskOptions, queries, type Task, type TaskChange } from '../api'
import { MomentTextInput } from '../form/DateInputs'
import { UserSelect } from '../form/UserSelect'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { t as shared } from '../text'
import { inbox as t } from '../text/inbox'
import { refreshTasks } from './useTaskDeeds'

const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const

/** Who does a task, until when, and how urgent it is. */
export function TaskDialog({ task, onClose }: { task: Task; onClose: () => void }) {
  const [assignee, setAssignee] = useState(task.assignee_user_id)
  const [due, setDue] = useState(task.due_at)
  const [priority, setPriority] = useState(task.priority)
  const path = { task_id: task.id }
  const change = useMutation({
    ...changeTaskMutation(),
    onSuccess: () => {
      sayDone(t.dialog.saved)
      onClose()
    },
    onSettled: refreshTasks,
  })
  const problem = change.error ? asProblem(change.error) : null
  const send = (etag: string) => {
    const body: TaskChange = {
      assignee_user_id: assignee,
      due_at: due,
      priority: PRIORITIES.find((known) => known === priority) ?? 'normal',
    }
    change.mutate({ path, body, headers: { 'If-Match': etag } })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(task.etag)
  }
  const saveAnyway = async () =>
    send((await queries.fetchQuery({ ...getTaskOptions({ path }), staleTime: 0 })).etag)
  return (
    <Modal opened onClose={onClose} title={task.title}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <UserSelect
            label={t.dialog.assignee}
            description={task.assignee_group_id ? t.dialog.assigneeHint : undefined}
            value={assignee}
            onChange={setAssignee}
            error={problem?.at('/assignee_user_id')}
          />
          <MomentTextInput
            label={t.dialog.due}
            description={t.dialog.dueHint}
            value={due ?? ''}
            onChange={(moment: string | null) => setDue(moment || null)}
            error={problem?.at('/due_at')}
          />
          <Select
            label={t.dialog.priority}
            data={PRIORITIES.map((value) => ({
              value: value as string,
              label: t.dialog.priorities[value] ?? value,
            }))}
            value={priority}
            onChange={(value) => setPriority(value ?? 'normal')}
          />
          {problem?.conflict && (
            <Alert color="orange" title={t.dialog.conflict} role="alert">
              <Text size="sm" mb="xs">
                {t.dialog.conflictMore}
              </Text>
              <Button size="xs" variant="default" onClick={saveAnyway}>
                {t.dialog.saveAnyway}
              </Button>
            </Alert>
          )}
          {problem && !problem.conflict && <Problem error={problem} title={t.notChanged} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {shared.common.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
