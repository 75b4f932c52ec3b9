import type { MadeFrom } from '../api'
import { runs as words } from '../text/runs'

/** What ran, as runs and bulk runs tell it. `made_from`: it is not drawn by people but made from that. */
export interface Ran {
  workflow: string | null
  workflow_name: string | null
  made_from: MadeFrom | null
}

const PLACES = { data_task: '/data-tasks', playbook: '/playbooks', strategy: '/strategies' } as const
// The workflow behind a data task is shown nowhere, also when the task is gone.
const BEHIND_A_TASK = /^data_task_\d+_\d+$/

/** Where what ran is drawn or written down, and how the link there is called; null: nowhere any more. */
export function originOf({ workflow, made_from }: Ran): { to: string; label: string } | null {
  if (made_from)
    return { to: `${PLACES[made_from.kind]}/${made_from.key}`, label: words.open[made_from.kind] }
  if (workflow === null) return null
  if (BEHIND_A_TASK.test(workflow)) return { to: '/data-tasks', label: words.allTasks }
  return { to: `/workflows/${workflow}`, label: words.openWorkflow }
}

/** What ran is called: a data task by its name now; a strategy's step by its own. */
export function nameOf({ workflow_name, made_from }: Ran): string | null {
  return made_from?.kind === 'data_task' ? made_from.name : workflow_name
}

/** What kind of thing ran, where it is not a workflow: "Data task", "Strategy: Default". */
export function kindOf({ workflow, made_from }: Ran): string | null {
  if (made_from?.kind === 'strategy') return words.ofStrategy(made_from.name)
  if (made_from) return words.kinds[made_from.kind]
  return BEHIND_A_TASK.test(workflow ?? '') ? words.kinds.data_task : null
}
