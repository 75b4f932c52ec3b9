/** Drafts that the server does not have yet, kept in this browser until it does. */
import type { Draft } from '../merge'

export interface Kept {
  /** The ETag of what was loaded when the changes were made, and what that was. */
  etag: string
  base: Draft
  draft: Draft
  at: number
}

const PREFIX = 'whereupon.draft.'
const TAB = Math.random().toString(36).slice(2, 8)

const nameOf = (workflow: string, etag: string) => `${PREFIX}${workflow}.${etag}.${TAB}`

/** Keep a copy. A full or forbidden store loses the copy, and nothing else. */
export function keep(workflow: string, kept: Kept) {
  try {
    forget(workflow, kept.etag)
    localStorage.setItem(nameOf(workflow, kept.etag), JSON.stringify(kept))
  } catch {
    // Saving to the server goes on as ever.
  }
}

/** The server has everything of this window: its copies go, except the one that is still needed. */
export function forget(workflow: string, except?: string) {
  for (const name of namesOf(workflow))
    if (name.endsWith(`.${TAB}`) && (except === undefined || name !== nameOf(workflow, except)))
      localStorage.removeItem(name)
}

/** All copies of a workflow go, whoever made them. */
export function forgetAll(workflow: string) {
  for (const name of namesOf(workflow)) localStorage.removeItem(name)
}

/** What was not saved when the page was left last; the newest, if there are several. */
export function kept(workflow: string): Kept | null {
  const found = namesOf(workflow).flatMap((name) => {
    try {
      const copy = JSON.parse(localStorage.getItem(name) ?? 'null') as Kept | null
      return copy?.draft?.document && copy.base?.document ? [copy] : []
    } catch {
      return []
    }
  })
  return found.toSorted((one, other) => other.at - one.at)[0] ?? null
}

function namesOf(workflow: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${workflow}.`))
  } catch {
    return []
  }
}
