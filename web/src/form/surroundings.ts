import { createContext, useContext } from 'react'
import { form as t } from '../text/form'
import type { Level } from './about'
import type { Modules } from './names'
import { type FieldProblem, type FormContext, NOWHERE, type Schema } from './types'

/** What every input of one form knows. */
export interface Surroundings {
  context: FormContext
  defs: Record<string, Schema>
  modules: Modules
  problems: FieldProblem[]
  /** Whether a condition can ask what has changed. */
  ofChange: boolean
}

const Around = createContext<Surroundings>({
  context: NOWHERE,
  defs: {},
  modules: new Map(),
  problems: [],
  ofChange: false,
})

export const SurroundingsProvider = Around.Provider
export const useSurroundings = () => useContext(Around)

/** What an input for one property gets. `path`: a JSON pointer from the configuration's root. */
export interface WidgetProps {
  schema: Schema
  value: unknown
  /** undefined takes the property out. */
  onChange: (value: unknown) => void
  label: string
  description?: string
  required?: boolean
  path: string
  /** The objects around it, the nearest last. */
  levels: Level[]
}

/** What the server said of exactly this place. */
export function errorAt(problems: FieldProblem[], path: string): string | undefined {
  const found = problems.filter((one) => one.path === path).map(said)
  return found.length > 0 ? found.join(' ') : undefined
}

/** What it said of this place and of everything in it, for an input that shows its parts as one. */
export function errorWithin(problems: FieldProblem[], path: string): string | undefined {
  const found = problems.filter((one) => one.path === path || one.path.startsWith(`${path}/`)).map(said)
  return found.length > 0 ? found.join(' ') : undefined
}

/** The same problems with paths relative to a part. */
export function problemsBelow(problems: FieldProblem[], path: string): FieldProblem[] {
  return problems
    .filter((one) => one.path === path || one.path.startsWith(`${path}/`))
    .map((one) => ({ ...one, path: one.path.slice(path.length) }))
}

/** Beside its input, a field that is missing needs no name: the label has it. */
function said(problem: FieldProblem): string {
  if (problem.code === 'missing') return t.missing
  return [problem.message, problem.suggestion].filter(Boolean).join(' ')
}

/** One step of a JSON pointer. */
export function step(key: string | number): string {
  return `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`
}
