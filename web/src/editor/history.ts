/** Undo and redo over everything that one edits. */
import type { Draft } from './merge'

/** What there was before a change, and what was selected then. */
export interface Step {
  draft: Draft
  selected: readonly string[]
}

export interface History {
  past: readonly Step[]
  future: readonly Step[]
  /** What the last change was about, and when: typing on is the same step. */
  last: { tag: string; at: number } | null
}

export const NO_HISTORY: History = { past: [], future: [], last: null }

const LONGEST = 200
const PAUSE = 1_500

/** Note what there was before a change. Changes with the same tag, shortly one after another, are one step. */
export function noted(history: History, before: Step, tag: string | undefined, now: number): History {
  const { last } = history
  const goesOn =
    tag !== undefined && last?.tag === tag && now - last.at < PAUSE && history.future.length === 0
  return {
    past: goesOn ? history.past : [...history.past, before].slice(-LONGEST),
    future: [],
    last: tag === undefined ? null : { tag, at: now },
  }
}

export function undone(history: History, now: Step): { history: History; step: Step } | null {
  const step = history.past.at(-1)
  if (!step) return null
  return { step, history: { past: history.past.slice(0, -1), future: [now, ...history.future], last: null } }
}

export function redone(history: History, now: Step): { history: History; step: Step } | null {
  const [step, ...future] = history.future
  if (!step) return null
  return { step, history: { past: [...history.past, now], future, last: null } }
}
