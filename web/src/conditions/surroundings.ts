import { createContext, useContext } from 'react'
import type { OperatorOut } from '../api'
import { kindOfNoun, type Typed, typedPath } from '../form/names'
import type { FieldProblem, FormContext } from '../form/types'
import { NOWHERE } from '../form/types'
import { useModules } from '../form/useCatalogue'
import { useNames } from '../form/useNames'

interface Surroundings {
  context: FormContext
  operators: OperatorOut[]
  ofChange: boolean
  compact: boolean
  /** Where the run stands, for records that are looked for: its record's fields can be compared with. */
  run: FormContext | null
  /** Paths relative to the whole condition. */
  problems: FieldProblem[]
}

const Around = createContext<Surroundings>({
  context: NOWHERE,
  operators: [],
  ofChange: false,
  compact: false,
  run: null,
  problems: [],
})

export const ConditionProvider = Around.Provider
export const useCondition = () => useContext(Around)

/** What a path is: a field's type, or what the server says of an earlier block's output. */
export function useTyped(module: string | null, path: string): Typed {
  const { context } = useCondition()
  const modules = useModules()
  const special = /^(nodes|user)\./.test(path) && Boolean(context.document && context.node)
  const { names } = useNames(context, '', special)
  if (!path) return { kind: null }
  if (!special) return typedPath(modules, module, path)
  const known = names.find((one) => one.formula === path)
  return { kind: known ? kindOfNoun(known.type) : null }
}
