import { useState } from 'react'
import { api, queries } from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { runsPanel as t } from '../../text/trust'

/** What is done with all runs of the open workflow: its queue stands still or goes on; they are cancelled. */
export function useQueue() {
  const { workflow, saver, save, adopt } = useOpenWorkflow()
  const [busy, setBusy] = useState(false)
  const path = { key: workflow.key }
  const attempt = async (work: () => Promise<string>) => {
    setBusy(true)
    try {
      sayDone(await work())
    } catch (error) {
      sayProblem(error, t.notDone)
    } finally {
      setBusy(false)
      for (const _id of ['listRuns', 'countPaths', 'listWorkflows'])
        void queries.invalidateQueries({ queryKey: [{ _id }] })
    }
  }
  return {
    busy,
    pause: (paused: boolean) =>
      attempt(async () => {
        await save()
        const headers = { 'If-Match': saver.etag }
        adopt((await api.changeWorkflow({ path, body: { paused }, headers, throwOnError: true })).data)
        return paused ? t.pausedDone : t.resumedDone
      }),
    async cancelAll() {
      const question = {
        title: t.cancelTitle(workflow.name),
        about: t.cancelAbout,
        yes: t.cancelYes,
        no: t.cancelNo,
        danger: true,
      }
      if (!(await confirm(question))) return
      await attempt(async () => {
        const { data } = await api.cancelWorkflowRuns({ path, throwOnError: true })
        return data.count > 0 ? t.cancelled(data.count) : t.noneToCancel
      })
    },
  }
}
