import type { StepRun } from '../api'

/** What a run looked like after some of its steps. */
export interface Moment {
  /** The last status at each node, and how often it was executed. */
  nodes: ReadonlyMap<string, { status: string; times: number }>
  /** How often each exit was taken: "node/port" → number. */
  exits: ReadonlyMap<string, number>
}

/** What a replay needs of a step; test mode has steps, too, that never were runs. */
type Step = Pick<StepRun, 'node' | 'status' | 'port'>

/** The state after the first `count` steps, the START among the done ones as soon as there is a step. */
export function momentAfter(steps: readonly Step[], count: number, start: string | undefined): Moment {
  const nodes = new Map<string, { status: string; times: number }>()
  const exits = new Map<string, number>()
  if (start && steps.length > 0) {
    nodes.set(start, { status: 'succeeded', times: 1 })
    exits.set(`${start}/next`, 1)
  }
  for (const step of steps.slice(0, count)) {
    nodes.set(step.node, { status: step.status, times: (nodes.get(step.node)?.times ?? 0) + 1 })
    if (step.port !== null) {
      const exit = `${step.node}/${step.port}`
      exits.set(exit, (exits.get(exit) ?? 0) + 1)
    }
  }
  return { nodes, exits }
}

/** How many items went out by the exit "each" of loops that are done at that moment: runs of their own. */
export function itemsOf(
  branches: readonly { node: string; runs: number }[],
  { nodes }: Moment,
): Map<string, number> {
  const found = new Map<string, number>()
  for (const { node, runs } of branches)
    if (nodes.has(node)) found.set(`${node}/each`, (found.get(`${node}/each`) ?? 0) + runs)
  return found
}

/** Seconds between a step and the one before it; 0 for the first. */
export function pauseBefore(steps: readonly StepRun[], at: number): number {
  const before = steps[at - 1]
  const step = steps[at]
  if (!before || !step) return 0
  return Math.max(0, (Date.parse(step.started_at) - Date.parse(before.ended_at ?? before.started_at)) / 1000)
}
