import type { FieldProblem, FormContext } from '../form/types'
import type { Condition } from './tree'

interface Props {
  module: string | null
  /** null: always holds. */
  value: Condition | null
  onChange: (value: Condition | null) => void
  /** Whether "has changed" can be asked. */
  ofChange?: boolean
  context?: FormContext
  /** How many records meet it, as one types. */
  showMatches?: boolean
  /** For lists: less room. */
  compact?: boolean
  /** Paths relative to the condition. */
  problems?: FieldProblem[]
  label?: string
  description?: string
  required?: boolean
}

/** Builds a condition: groups, comparisons, and questions about child records. */
export function ConditionEditor(_props: Props) {
  return null
}
