import { useMutation } from '@tanstack/react-query'
import {
  changeWorkflowMutation,
  type ListedWorkflow,
  queries,
  setStateMutation,
  type ToState,
} from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { workflows as t } from '../../text/workflows'

/** The lists of workflows, on whichever page, are asked for again. */
export function refreshWorkflows() {
  for (const _id of ['listWorkflows', 'getHome', 'getQuotas'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** Enable, disable, archive one workflow; said when it is done, and why when it is not. */
export function useSetState(workflow: ListedWorkflow) {
  const change = useMutation({ ...setStateMutation(), onSettled: refreshWorkflows })
  return {
    pending: change.isPending,
    set: (body: ToState, done: string) =>
      change.mutate(
        { path: { key: workflow.key }, body },
        {
          onSuccess: () => sayDone(done),
          onError: (error) => sayProblem(error, t.notChanged(workflow.name)),
        },
      ),
  }
}

/** Let its queue stand still, or go on. */
export function useSetPaused(workflow: ListedWorkflow) {
  const change = useMutation({ ...changeWorkflowMutation(), onSettled: refreshWorkflows })
  return (paused: boolean) =>
    change.mutate(
      { path: { key: workflow.key }, body: { paused }, headers: { 'If-Match': workflow.etag } },
      {
        onSuccess: () => sayDone(paused ? t.pausedDone(workflow.name) : t.resumedDone(workflow.name)),
        onError: (error) => sayProblem(error, t.notChanged(workflow.name)),
      },
    )
}
