import type { Message } from '../../api'
import { outbox as t } from '../../text/outbox'

type Reasoned = Pick<Message, 'status' | 'hold_reason' | 'error'>

/** What the server said went wrong, if it is for this person to read. */
export function messageOf(error: Message['error']): string | null {
  return typeof error?.message === 'string' ? error.message : null
}

/** Why a message is where it is, in a few words for its row. */
export function sentenceOf({ status, hold_reason, error }: Reasoned): string | null {
  if (status === 'held') return (t.held[hold_reason ?? ''] ?? t.heldOther).short
  return messageOf(error)
}

export interface Explanation {
  title: string
  color: string
  why: string | null
  what: string | null
}

/** What became of a message and what one can do, for the whole view of it; nothing where all is well. */
export function explain({ status, hold_reason, error }: Reasoned): Explanation | null {
  const said = messageOf(error)
  switch (status) {
    case 'held': {
      const { why, what } = t.held[hold_reason ?? ''] ?? t.heldOther
      return { title: t.heldTitle, color: 'grape', why, what }
    }
    case 'failed':
      return { title: t.failedTitle, color: 'red', why: said, what: t.failedWhat }
    case 'uncertain':
      return { title: t.uncertainTitle, color: 'orange', why: null, what: t.uncertainWhat }
    case 'sent':
      return said ? { title: t.partlyTitle, color: 'orange', why: said, what: t.partlyWhat } : null
    case 'queued':
      return said ? { title: t.queuedTitle, color: 'orange', why: said, what: null } : null
    default:
      return null
  }
}
