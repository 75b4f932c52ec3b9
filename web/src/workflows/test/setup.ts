import { useState } from 'react'
import type { FieldProblem, ToTest, TriggerOut } from '../../api'
import { startOf, type WorkflowDocument } from '../../editor/document'
import { sampleOf } from '../../editor/hook/sample'
import type { Values } from '../../records/model'

export const MOST_RECORDS = 10

/** What a test is made on, as the person chose it. */
export interface Setup {
  on: 'records' | 'form'
  records: string[]
  form: Values
  change: Values
  anyway: boolean
  /** The JSON that another program would send, as it is typed; null: the example. */
  arrived: string | null
}

const FRESH: Setup = { on: 'records', records: [], form: {}, change: {}, anyway: false, arrived: null }

/** The trigger that another program pulls. */
export const WEBHOOK = 'webhook'

/** What was chosen for a workflow stays while the browser's page stays: one tests again and again. */
const kept = new Map<string, Setup>()

export function useSetup(workflow: string, module: string | null) {
  const key = `${workflow} ${module ?? ''}`
  const [setup, setSetup] = useState(() => kept.get(key) ?? FRESH)
  const change = (part: Partial<Setup>) => {
    const next = { ...setup, ...part }
    kept.set(key, next)
    setSetup(next)
  }
  return [setup, change] as const
}

/** Whether there is something to test on. */
export const isChosen = (setup: Setup, module: string | null, arrives: string | null = null) =>
  arrives !== null
    ? readArrived(setup.arrived ?? arrives) !== null
    : module === null || setup.on === 'form' || setup.records.length > 0

/** What was typed, as an object; null while it is none. */
export function readArrived(text: string): Values | null {
  try {
    const found: unknown = JSON.parse(text)
    const isObject = typeof found === 'object' && found !== null && !Array.isArray(found)
    return isObject ? (found as Values) : null
  } catch {
    return null
  }
}

/** The example of what would arrive, for a workflow that another program starts; null for any other. */
export function arrivesIn(document: WorkflowDocument): string | null {
  const config = startOf(document)?.config ?? {}
  return config.trigger === WEBHOOK ? JSON.stringify(sampleOf(config.variables), null, 2) : null
}

/** The request: of records and form only the one that was chosen. */
export function requestOf(
  setup: Setup,
  about: { workflow: string; document: WorkflowDocument; module: string | null; changes: boolean },
): ToTest {
  const { workflow, document, module, changes } = about
  const shared = { workflow, document: { ...document }, module, anyway: setup.anyway }
  const arrives = arrivesIn(document)
  if (arrives !== null) return { ...shared, arrived: readArrived(setup.arrived ?? arrives) ?? {} }
  if (module === null) return shared
  const change = changes ? setup.change : {}
  return setup.on === 'form'
    ? { ...shared, change, form: setup.form }
    : { ...shared, change, records: setup.records.slice(0, MOST_RECORDS) }
}

/** How the workflow starts: its trigger's key, and the filter. */
export function startIn(document: WorkflowDocument): { trigger: string | null; filter: unknown } {
  const config = startOf(document)?.config ?? {}
  const trigger = typeof config.trigger === 'string' ? config.trigger : null
  return { trigger, filter: config.filter ?? null }
}

/** Problems of the drawing, by node and place as the editor knows them; those of the request are left out. */
export function drawingProblems(problems: readonly FieldProblem[], document: WorkflowDocument) {
  return problems
    .filter(({ path }) => path.startsWith('/document'))
    .map((problem) => {
      const path = problem.path.slice('/document'.length)
      const index = /^\/nodes\/(\d+)/.exec(path)?.[1]
      return { ...problem, path, node: index ? (document.nodes[Number(index)]?.key ?? null) : null }
    })
}

/** Whether the trigger listens to changes of records that are there: then one says which change to try. */
export function listensToChanges(trigger: Pick<TriggerOut, 'key' | 'has_old'> | undefined): boolean {
  return trigger?.has_old === true && trigger.key !== 'record_created'
}
