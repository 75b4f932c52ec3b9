import { useMutation } from '@tanstack/react-query'
import {
  type WhereuponApiRoutesMessagesChosen as Chosen,
  discardMessagesMutation,
  queries,
  type Resolved,
  releaseMessagesMutation,
  releaseWorkflowMessagesMutation,
  resolveMessagesMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { outbox as t } from '../../text/outbox'

/** Everything that shows messages is asked for again. */
export function refreshMessages() {
  for (const _id of ['listMessages', 'countMessages', 'getMessage', 'getHome'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What a person decides about messages: each asks first where it cannot be undone, and says what was done. */
export function useDecisions(onDone: () => void = () => {}) {
  const settled = () => {
    refreshMessages()
    onDone()
  }
  const release = useMutation({
    ...releaseMessagesMutation(),
    onSuccess: ({ ids }) => sayDone(t.released(ids.length)),
    onError: (error) => sayProblem(error, t.notReleased),
    onSettled: settled,
  })
  const releaseWorkflow = useMutation({
    ...releaseWorkflowMessagesMutation(),
    onSuccess: ({ count }) => sayDone(t.released(count)),
    onError: (error) => sayProblem(error, t.notReleased),
    onSettled: settled,
  })
  const discard = useMutation({
    ...discardMessagesMutation(),
    onSuccess: ({ ids }) => sayDone(t.discarded(ids.length)),
    onError: (error) => sayProblem(error, t.notDiscarded),
    onSettled: settled,
  })
  const resolve = useMutation({
    ...resolveMessagesMutation(),
    onSuccess: ({ ids }) => sayDone(t.resolved(ids.length)),
    onError: (error) => sayProblem(error, t.notResolved),
    onSettled: settled,
  })
  return {
    pending: release.isPending || releaseWorkflow.isPending || discard.isPending || resolve.isPending,
    async release(chosen: Chosen, count: number) {
      const question = { title: t.releaseTitle(count), about: t.releaseAbout, yes: t.release }
      if (await confirm(question)) release.mutate({ body: chosen })
    },
    /** All that is held of a workflow, and what follows: without another question. */
    releaseWorkflow: (key: string) => releaseWorkflow.mutate({ path: { key } }),
    releaseNow: (chosen: Chosen) => release.mutate({ body: chosen }),
    async discard(chosen: Chosen, count: number) {
      const question = { title: t.discardTitle(count), about: t.discardAbout, yes: t.discard, danger: true }
      if (await confirm(question)) discard.mutate({ body: chosen })
    },
    async resolve(ids: number[], resolution: Resolved['resolution']) {
      const question = { title: t.againTitle, about: t.againAbout, yes: t.again }
      if (resolution !== 'again' || (await confirm(question))) resolve.mutate({ body: { ids, resolution } })
    },
  }
}
