import { useNavigate } from 'react-router'
import { api, queries, type ToState, type Workflow } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { firstTime } from '../../text/again'
import { editor as t } from '../../text/editor'
import { files } from '../../text/files'
import { saveFiles } from '../../workflows/files/saving'
import { useOpenWorkflow } from '../page'
import { forgetAll } from '../saving/kept'
import { useDrawer } from '../saving/useSaver'

/** The deeds of the editor's menu. What is unsaved is saved before. */
export function useDeeds() {
  const navigate = useNavigate()
  const { workflow, saver, save, adopt } = useOpenWorkflow()
  const { key, name } = workflow
  const drawer = useDrawer(key)
  const path = { key }
  const attempt = async (work: () => Promise<Workflow>, done: string) => {
    try {
      await save()
      adopt(await work())
      sayDone(done)
    } catch (error) {
      sayProblem(error, t.notDone)
    }
    refreshLists()
  }
  const setState = (body: ToState, done: string) =>
    attempt(async () => (await api.setState({ path, body, throwOnError: true })).data, done)
  return {
    enable: () => setState({ state: 'active' }, t.enabled),
    disable: (in_flight: ToState['in_flight']) => setState({ state: 'disabled', in_flight }, t.disabled),
    unarchive: () => setState({ state: 'disabled' }, t.unarchived),
    async archive() {
      const question = { title: t.archiveTitle(name), about: t.archiveAbout, yes: t.archive }
      if (await confirm(question)) await setState({ state: 'archived' }, t.archived)
    },
    pause: (paused: boolean) =>
      attempt(
        async () =>
          (
            await api.changeWorkflow({
              path,
              body: { paused },
              headers: { 'If-Match': saver.etag },
              throwOnError: true,
            })
          ).data,
        paused ? t.pausedDone : t.resumedDone,
      ),
    /** Rule 9: the first time may come again, for every record that had it. */
    async letAgain() {
      try {
        const { count } = (await api.countFirstTimes({ path, throwOnError: true })).data
        if (count === 0) return sayDone(firstTime.none)
        const question = {
          title: firstTime.allTitle(count),
          about: firstTime.allAbout(count),
          yes: firstTime.yes,
        }
        if (!(await confirm(question))) return
        const done = await api.resetRecurrence({ path, body: {}, throwOnError: true })
        sayDone(firstTime.allDone(done.data.count))
      } catch (error) {
        sayProblem(error, t.notDone)
      }
    },
    async duplicate() {
      try {
        await save()
        const { data } = await api.duplicateWorkflow({ path, throwOnError: true })
        refreshLists()
        sayDone(t.duplicated(data.name))
        navigate(`/workflows/${data.key}`)
      } catch (error) {
        sayProblem(error, t.notDone)
      }
    },
    async download() {
      try {
        await save()
        await saveFiles([`workflows/${key}.yaml`])
        sayDone(files.saved)
      } catch (error) {
        sayProblem(error, files.notSaved)
      }
    },
    async remove() {
      const question = {
        title: t.deleteTitle(name),
        about: t.deleteAbout,
        yes: t.deleteWorkflow,
        danger: true,
      }
      if (!(await confirm(question))) return
      try {
        saver.stop()
        await api.deleteWorkflow({ path, throwOnError: true })
        forgetAll(drawer)
        refreshLists()
        navigate('/workflows', { state: { left: true } })
      } catch (error) {
        sayProblem(error, t.notDone)
      }
    },
  }
}

function refreshLists() {
  for (const _id of ['listWorkflows', 'getHome']) void queries.invalidateQueries({ queryKey: [{ _id }] })
}
