import { useMutation } from '@tanstack/react-query'
import {
  changeTaskMutation,
  claimTaskMutation,
  type InboxItem,
  markNotificationsReadMutation,
  queries,
  releaseTaskMutation,
} from '../api'
import { sayDone, sayProblem } from '../parts/saying'
import { inbox as t } from '../text/inbox'
import { refreshTasks } from './useTaskDeeds'

// The bell counts what `getMe` says.
const LISTS = [
  'listInbox',
  'countInbox',
  'listNotifications',
  'getMe',
  'listQuestions',
  'countQuestions',
] as const

/** Every list that shows what waits is asked for again. */
export function refreshInbox() {
  refreshTasks()
  for (const _id of [...LISTS, 'listTaskHistory', 'listQuestionHistory'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What is done with one thing in one step; who was quicker is named by the server. */
export function useItemDeeds(item: Pick<InboxItem, 'id' | 'title' | 'etag'>) {
  const ends = { onSettled: refreshInbox, onError: (error: unknown) => sayProblem(error, t.notChanged) }
  const claim = useMutation({ ...claimTaskMutation(), ...ends })
  const release = useMutation({ ...releaseTaskMutation(), ...ends })
  const change = useMutation({ ...changeTaskMutation(), ...ends })
  const mark = useMutation({ ...markNotificationsReadMutation(), ...ends })
  const path = { task_id: item.id }
  const headers = item.etag ? { 'If-Match': item.etag } : undefined
  return {
    pending: claim.isPending || release.isPending || change.isPending || mark.isPending,
    claim: () => claim.mutate({ path }, { onSuccess: () => sayDone(t.taken) }),
    release: () => release.mutate({ path }, { onSuccess: () => sayDone(t.released) }),
    finish: () =>
      change.mutate(
        { path, headers, body: { status: 'done' } },
        { onSuccess: () => sayDone(t.finished(item.title)) },
      ),
    read: () => mark.mutate({ body: { ids: [item.id] } }),
  }
}
