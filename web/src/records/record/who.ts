import type { ByRun, ChangeOut } from '../../api'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'

/** Who made a change, in words: a person, a workflow, or where it came from. */
export function whoOf(change: ChangeOut): string {
  if (change.run) return t.byRun(workflowOf(change.run))
  if (change.actor) return change.actor.name ?? shared.common.unknownUser
  return t.origins[change.origin] ?? change.origin
}

/** The name of a run's workflow. */
export function workflowOf(run: ByRun): string {
  const workflow: unknown = run.workflow
  if (typeof workflow === 'object' && workflow !== null) {
    const { name, key } = workflow as { name?: string; key?: string }
    return name ?? key ?? String(run.id)
  }
  return typeof workflow === 'string' ? workflow : String(run.id)
}
