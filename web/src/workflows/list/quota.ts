import type { QuotasOut } from '../../api'
import { workflows as t } from '../../text/workflows'

/** How many workflows there may be. */
export interface Quota {
  /** "8 of 10 active or disabled"; null: there is no limit. */
  words: string | null
  /** Why there can be no other one; null: there can. */
  full: string | null
  /** Why none can be enabled; there are more than may be, since the limit was lowered. */
  over: string | null
  /** Why none more can start by the clock; null: one can. */
  clock: string | null
}

/** What the server counts, in words. A disabled workflow counts already, so enabling one needs no room. */
export function quotaOf(found: QuotasOut | undefined): Quota {
  const { used = 0, limit = null } = found?.active_and_disabled ?? {}
  const clock = clockFull(found)
  if (limit === null) return { words: clockWords(found), full: null, over: null, clock }
  const words = [t.quota(used, limit), clockWords(found)].filter(Boolean).join(' · ')
  const reason = t.quotaFull(limit)
  return { words, full: used >= limit ? reason : null, over: used > limit ? reason : null, clock }
}

function clockWords(found: QuotasOut | undefined): string | null {
  const { used = 0, limit = null } = found?.scheduled ?? {}
  return limit === null ? null : t.quotaScheduled(used, limit)
}

function clockFull(found: QuotasOut | undefined): string | null {
  const { limit = null, full = false } = found?.scheduled ?? {}
  return limit !== null && full ? t.quotaClockFull(limit) : null
}
