/** Drafts that the server does not have yet, kept in this browser until it does: each person's for themselves. */
import type { Draft } from '../merge'

export interface Kept {
  /** The ETag of what was loaded when the changes were made, and what that was. */
  etag: string
  base: Draft
  draft: Draft
  at: number
}

/** Whose draft of which workflow. Others who sign in on this machine are not offered it. */
export interface Drawer {
  person: number
  workflow: string
}

const PREFIX = 'whereupon.draft.'
const TAB = Math.random().toString(36).slice(2, 8)

const prefixOf = ({ person, workflow }: Drawer) => `${PREFIX}${person}.${workflow}.`
const nameOf = (drawer: Drawer, etag: string) => `${prefixOf(drawer)}${etag}.${TAB}`

/** Keep a copy. A full or forbidden store loses the copy, and nothing else. */
export function keep(drawer: Drawer, kept: Kept) {
  try {
    forget(drawer, kept.etag)
    localStorage.setItem(nameOf(drawer, kept.etag), JSON.stringify(kept))
  } catch {
    // Saving to the server goes on as ever.
  }
}

/** The server has everything of this window: its copies go, except the one that is still needed. */
export function forget(drawer: Drawer, except?: string) {
  for (const name of namesOf(drawer))
    if (name.endsWith(`.${TAB}`) && (except === undefined || name !== nameOf(drawer, except)))
      localStorage.removeItem(name)
}

/** All copies of a workflow go, whoever made them. */
export function forgetAll(drawer: Drawer) {
  for (const name of namesOf(drawer)) localStorage.removeItem(name)
}

/** What was not saved when the page was left last; the newest, if there are several. */
export function kept(drawer: Drawer): Kept | null {
  const found = namesOf(drawer).flatMap((name) => {
    try {
      const copy = JSON.parse(localStorage.getItem(name) ?? 'null') as Kept | null
      return copy?.draft?.document && copy.base?.document ? [copy] : []
    } catch {
      return []
    }
  })
  return found.toSorted((one, other) => other.at - one.at)[0] ?? null
}

function namesOf(drawer: Drawer): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefixOf(drawer)))
  } catch {
    return []
  }
}
