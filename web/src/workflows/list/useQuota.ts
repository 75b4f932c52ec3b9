/** How many workflows there may be: what is said of it, and why there may be no more. */
export interface Quota {
  words: string | null
  full: string | null
}

const UNLIMITED: Quota = { words: null, full: null }

/** The server knows no quota yet. */
export function useQuota(): Quota {
  return UNLIMITED
}
