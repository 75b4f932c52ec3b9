import type { Condition } from './tree'

/** A condition in one sentence. */
export function ConditionSummary(_props: { module: string | null; value: Condition | null }) {
  return null
}
