import type { WholeRun } from '../api'
import type { WorkflowNode } from '../editor/document'

interface Awaited {
  node: string
  name: string
  /** When the run goes on without it. */
  until: string | null
}

/** The signal that a run waits for, as its block is set up; null when it waits for something else. */
export function awaitedSignal(
  run: Pick<WholeRun, 'status' | 'node' | 'waiting'>,
  nodes: readonly WorkflowNode[],
): Awaited | null {
  if (run.status !== 'waiting') return null
  const node = nodes.find(({ key }) => key === run.node)
  const name = node?.config.signal
  if (!node || typeof name !== 'string') return null
  const memo = run.waiting?.memo as { limit?: unknown } | undefined
  return { node: node.key, name, until: typeof memo?.limit === 'string' ? memo.limit : null }
}

/** One value that is sent along, as it is typed. */
export interface Row {
  name: string
  value: string
}

/** The values that have a name; the last of two with the same one counts. */
export function valuesOf(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(
    rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  )
}
