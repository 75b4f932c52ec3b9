import { useMutation } from '@tanstack/react-query'
import { api, deleteWorkflowMutation, duplicateWorkflowMutation, type ListedWorkflow } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { workflows as t } from '../../text/workflows'
import { writeWorkflowFile } from './file'
import { refreshWorkflows, useSetPaused, useSetState } from './useChanges'

/** The deeds behind the menu of a workflow; those that are hard to undo ask first. */
export function useRowActions(workflow: ListedWorkflow) {
  const { key, name } = workflow
  const { set } = useSetState(workflow)
  const setPaused = useSetPaused(workflow)
  const path = { key }
  const duplicate = useMutation({
    ...duplicateWorkflowMutation(),
    onSuccess: (made) => sayDone(t.duplicated(made.name)),
    onError: (error) => sayProblem(error, t.notDuplicated),
    onSettled: refreshWorkflows,
  })
  const remove = useMutation({
    ...deleteWorkflowMutation(),
    onSuccess: () => sayDone(t.deleted(name)),
    onError: (error) => sayProblem(error, t.notDeleted),
    onSettled: refreshWorkflows,
  })
  return {
    setPaused,
    duplicate: () => duplicate.mutate({ path }),
    unarchive: () => set({ state: 'disabled' }, t.unarchived(name)),
    async archive() {
      const question = { title: t.archiveTitle(name), about: t.archiveAbout, yes: t.archive }
      if (await confirm(question)) set({ state: 'archived' }, t.archived(name))
    },
    async remove() {
      const question = { title: t.deleteTitle(name), about: t.deleteAbout, yes: t.delete, danger: true }
      if (await confirm(question)) remove.mutate({ path })
    },
    async download() {
      try {
        const { data } = await api.getWorkflow({ path, throwOnError: true })
        saveAs(`${key}.json`, writeWorkflowFile(data))
      } catch (error) {
        sayProblem(error, t.notExported)
      }
    },
  }
}

function saveAs(fileName: string, text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
