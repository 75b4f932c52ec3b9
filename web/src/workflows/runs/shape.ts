import type { BulkRun, Paths, Run } from '../../api'
import type { RunBar } from '../../parts/runBarsShape'
import { secondsOf as spanOf } from '../../runs/bulk/shape'
import { secondsOf } from '../../runs/words'
import { format, t as shared } from '../../text'
import { runsPanel as t } from '../../text/trust'

/** Runs and bulk runs as bars, the oldest first, at most so many. */
export function barsOf(runs: readonly Run[], bulkRuns: readonly BulkRun[], most: number): RunBar[] {
  const bars = [...runs.toReversed().map(barOf), ...bulkRuns.toReversed().map(bulkBarOf)]
  return bars.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-most)
}

function barOf(run: Run): RunBar {
  return {
    id: run.id,
    bulk: false,
    matched: null,
    failed: null,
    status: run.status,
    at: run.started_at ?? run.created_at,
    seconds: run.ended_at ? secondsOf(run) : null,
    module: run.module,
    record_id: run.record_id,
    record_title: run.record_title,
  }
}

function bulkBarOf(run: BulkRun): RunBar {
  return {
    id: run.id,
    bulk: true,
    matched: run.matched,
    failed: run.failed,
    status: run.status,
    at: run.started_at ?? run.created_at,
    seconds: spanOf(run),
    module: run.module?.key ?? null,
    record_id: null,
    record_title: null,
  }
}

/** Whether a run has not ended. */
export const isOpen = (run: Pick<Run, 'ended_at'>): boolean => run.ended_at === null

const BAD = new Set(['failed', 'continued'])
const OPEN = ['held', 'running', 'waiting', 'queued']

/** What the runs did at one node. */
export interface AtNode {
  status: string
  note: string
}

/** How many runs took each exit: "node/port" → number; START's is how many there were. */
export function exitCounts(paths: Paths, start: string | undefined): Map<string, string> {
  const sums = new Map<string, number>(start ? [[`${start}/next`, paths.runs]] : [])
  for (const { node, port, runs } of paths.exits)
    if (port !== null) sums.set(`${node}/${port}`, (sums.get(`${node}/${port}`) ?? 0) + runs)
  return new Map([...sums].filter(([, runs]) => runs > 0).map(([exit, runs]) => [exit, format.number(runs)]))
}

/** Where runs stand now, and where they failed; nodes that no run came to are told as untouched. */
export function nodesOf(paths: Paths, start: string | undefined): Map<string, AtNode> {
  const statuses = new Map<string, Map<string, number>>()
  const add = (node: string, status: string, runs: number) => {
    const known = statuses.get(node) ?? new Map<string, number>()
    statuses.set(node, known.set(status, (known.get(status) ?? 0) + runs))
  }
  for (const one of paths.exits) add(one.node, one.status, one.runs)
  for (const one of paths.standing) add(one.node, one.status, one.runs)
  if (start && paths.runs > 0) add(start, 'succeeded', paths.runs)
  return new Map([...statuses].map(([node, counts]) => [node, atNode(counts)]))
}

function atNode(counts: Map<string, number>): AtNode {
  const special = [...counts].filter(([status]) => BAD.has(status) || OPEN.includes(status))
  const worst = special.find(([status]) => BAD.has(status)) ?? special[0]
  const note = special.map(([status, runs]) =>
    t.stands(format.number(runs), shared.common.status[status] ?? status),
  )
  return { status: worst?.[0] ?? 'succeeded', note: note.join(', ') }
}

/** Nodes of other versions: what runs did there cannot be drawn on this one. */
export const elsewhere = (paths: Paths, known: ReadonlySet<string>): string[] =>
  [...new Set([...paths.exits, ...paths.standing].map(({ node }) => node))].filter((node) => !known.has(node))
