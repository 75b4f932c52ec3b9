import { useMutation } from '@tanstack/react-query'
import { deleteWorkflowMutation, duplicateWorkflowMutation, type ListedWorkflow } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { workflows as t } from '../../text/workflows'
import { useSaveFiles } from '../files/saving'
import { refreshWorkflows, useSetPaused, useSetState } from './useChanges'

/** The deeds behind the menu of a workflow; those that are hard to undo ask first. */
export function useRowActions(workflow: ListedWorkflow) {
  const { key, name } = workflow
  const { set } = useSetState(workflow)
  const setPaused = useSetPaused(workflow)
  const save = useSaveFiles()
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
    download: () => save.mutate([`workflows/${key}.yaml`]),
  }
}
