import type { WholeRun } from '../api'
import type { WorkflowNode } from '../editor/document'

const BY_THE_CLOCK = ['duration', 'until_field', 'time_of_day', 'working']

/** When a run's wait ends by itself; null where it only looks again then, whether something has happened. */
export function endOfWait(
  run: Pick<WholeRun, 'status' | 'ready_at'>,
  node: WorkflowNode | undefined,
): string | null {
  if (run.status !== 'waiting' || node?.block !== 'wait') return null
  return BY_THE_CLOCK.some((name) => node.config[name]) ? run.ready_at : null
}
