import type { ReviewedRecords, ReviewOut, Workflow } from '../../api'
import { format } from '../../text'
import { publish as t } from '../../text/trust'

export type Counted = NonNullable<ReviewedRecords['draft']>

/** Whether there is no room for one more; a workflow that is active or disabled has its place already. */
export const isFull = (review: Pick<ReviewOut, 'quotas'>, state: Workflow['state']): boolean =>
  state === 'draft' && review.quotas.active_and_disabled.full

/** "42", or "at least 10,000" where counting was stopped. */
export function countIn(found: Counted): string {
  const { count, at_least } = found
  return count === null ? t.atLeast(format.number(at_least)) : format.number(count)
}

/** Whether there is one at all. */
export const isSome = (found: Counted | null): found is Counted => found !== null && found.at_least > 0
