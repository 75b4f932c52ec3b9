import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  activateScaledUpMutation,
  api,
  approveStageMutation,
  type BacklogOut,
  beginScaleUpMutation,
  getScaleUpOptions,
  queries,
  type ScaleUpOut,
  stopScaleUpMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { useLive } from '../../parts/useLive'
import { isOpen } from '../../runs/bulk/shape'
import { refreshBulkRuns } from '../../runs/bulk/useBulkDeeds'
import { stages as t } from '../../text/stages'
import { type Answer, isAsked } from '../backlog/BacklogQuestion'
import { refreshWorkflows } from '../list/useChanges'

const PACE = 1_000

/** The stage that was begun last. */
export const lastOf = (scaleUp: ScaleUpOut) => scaleUp.stages.at(-1)

/** Whether a stage is under way now. */
export function isUnderWay(scaleUp: ScaleUpOut): boolean {
  const last = lastOf(scaleUp)
  return scaleUp.status === 'open' && last !== undefined && isOpen(last)
}

/** How far a workflow has come, as it happens. */
export function useScaleUp(key: string) {
  useLive(['bulk_runs', 'workflow', 'revision'], ['getScaleUp', 'listBulkRunRecords'], PACE)
  return useQuery({
    ...getScaleUpOptions({ path: { key } }),
    refetchInterval: (query) => (query.state.data && isUnderWay(query.state.data) ? PACE : false),
  })
}

/** What a person decides: begin, go on, stop, activate. Each says what became of it. */
export function useDecisions(key: string) {
  const path = { key }
  const told = (done: string, not: string) => ({
    onSuccess: (now: ScaleUpOut) => {
      sayDone(done)
      queries.setQueryData(getScaleUpOptions({ path }).queryKey, now)
    },
    onError: (error: unknown) => sayProblem(error, not),
    onSettled: () => {
      refreshBulkRuns()
      refreshWorkflows()
    },
  })
  const begin = useMutation({ ...beginScaleUpMutation(), ...told(t.begun, t.notBegun) })
  const next = useMutation({ ...approveStageMutation(), ...told(t.nextDone, t.notBegun) })
  const end = told(t.finishedTitle, t.notDone)
  const finish = useMutation({
    ...approveStageMutation(),
    ...end,
    onSuccess: (now: ScaleUpOut) => {
      end.onSuccess(now)
      window.scrollTo({ top: 0 }) // what one does next stands above the stages
    },
  })
  const stop = useMutation({ ...stopScaleUpMutation(), ...told(t.stopped, t.notDone) })
  const activate = useMutation({ ...activateScaledUpMutation(), ...told(t.activated, t.notDone) })
  const look = useMutation({
    mutationFn: () => api.getBacklog({ path, query: { of_draft: true }, throwOnError: true }),
    onError: (error) => sayProblem(error, t.notDone),
  })
  const [past, setPast] = useState<BacklogOut | null>(null)
  return {
    busy: [begin, next, finish, stop, activate, look].some((one) => one.isPending),
    begin: (size: number) => begin.mutate({ path, body: { size } }),
    next: (stage: number, size: number) => next.mutate({ path, body: { stage, size } }),
    finish: (stage: number) => finish.mutate({ path, body: { stage } }),
    /** Records whose date has passed: what becomes of them is asked before it is active. */
    past,
    forget: () => setPast(null),
    async activate(backlog?: Answer) {
      setPast(null)
      if (backlog) return activate.mutate({ path, body: { backlog } })
      const found = await look.mutateAsync().catch(() => null)
      if (isAsked(found?.data.backlog)) setPast(found.data.backlog)
      else if (found) activate.mutate({ path, body: {} })
    },
    async stop() {
      const question = { title: t.stopTitle, about: t.stopAbout, yes: t.stop, danger: true }
      if (await confirm(question)) stop.mutate({ path })
    },
  }
}

export type Decisions = ReturnType<typeof useDecisions>
