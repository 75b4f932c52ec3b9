import { useMutation } from '@tanstack/react-query'
import { changeTaskMutation, queries, type Task, type TaskChange } from '../api'
import { useMe } from '../app/useMe'
import { confirm } from '../parts/confirm'
import { sayDone, sayProblem } from '../parts/saying'
import { inbox as t } from '../text/inbox'

/** Every list of tasks is asked for again. */
export function refreshTasks() {
  for (const _id of ['listTasks', 'getTask', 'getHome', 'listInbox', 'countInbox', 'listTaskHistory'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What a person does with a task in one step; somebody who was quicker is told of, and nothing is lost. */
export function useTaskDeeds(task: Task) {
  const me = useMe()
  const change = useMutation({ ...changeTaskMutation(), onSettled: refreshTasks })
  const send = (body: TaskChange, done?: string) =>
    change.mutate(
      { path: { task_id: task.id }, body, headers: { 'If-Match': task.etag } },
      { onSuccess: () => done && sayDone(done), onError: (error) => sayProblem(error, t.notChanged) },
    )
  return {
    pending: change.isPending,
    take: () => send({ assignee_user_id: me.user.id }, t.taken),
    start: () => send({ status: 'in_progress' }),
    finish: () => send({ status: 'done' }, t.finished(task.title)),
    reopen: () => send({ status: 'open' }, t.reopened(task.title)),
    async cancel() {
      const question = { title: t.cancelTitle(task.title), about: t.cancelAbout, yes: t.cancelYes }
      if (await confirm(question)) send({ status: 'cancelled' }, t.cancelled)
    },
  }
}
