import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import {
  cancelBulkRunMutation,
  pauseBulkRunMutation,
  queries,
  rerunBulkRunMutation,
  resumeBulkRunMutation,
} from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { bulk as t } from '../../text/bulk'
import { runs } from '../../text/runs'

export type Which = 'all' | 'failed' | 'remaining'

const ASKED = ['getBulkRun', 'listBulkRuns', 'listBulkRunRecords', 'getScaleUp', 'listWorkflows', 'getHome']

/** Everything that shows bulk runs is asked for again. */
export function refreshBulkRuns() {
  for (const _id of ASKED) queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What a person does with a bulk run: pause, resume, cancel, run it again. */
export function useBulkDeeds(id: number) {
  const navigate = useNavigate()
  const path = { bulk_run_id: id }
  const told = (done: string) => ({
    onSuccess: () => sayDone(done),
    onError: (error: unknown) => sayProblem(error, t.notDone),
    onSettled: refreshBulkRuns,
  })
  const pause = useMutation({ ...pauseBulkRunMutation(), ...told(t.paused) })
  const resume = useMutation({ ...resumeBulkRunMutation(), ...told(t.resumed) })
  const cancel = useMutation({ ...cancelBulkRunMutation(), ...told(t.cancelled) })
  const rerun = useMutation({
    ...rerunBulkRunMutation(),
    onSuccess: (made) => {
      sayDone(t.rerunDone)
      navigate(`/runs/bulk/${made.id}`)
    },
    onError: (error) => sayProblem(error, t.rerunNot),
    onSettled: refreshBulkRuns,
  })
  return {
    busy: pause.isPending || resume.isPending || cancel.isPending || rerun.isPending,
    pause: () => pause.mutate({ path }),
    resume: () => resume.mutate({ path }),
    async cancel() {
      const question = {
        title: t.cancelTitle,
        about: t.cancelAbout,
        yes: t.cancelYes,
        no: runs.cancelNo,
        danger: true,
      }
      if (await confirm(question)) cancel.mutate({ path })
    },
    rerun: (which: Which, fixed = false) => rerun.mutate({ path, body: { which, fixed } }),
  }
}
