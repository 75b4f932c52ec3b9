import type { Letter } from '../../api'
import { outbox as t } from '../../text/outbox'

interface Header {
  name: string
  value: string
}

const ADDRESSES = ['from', 'to', 'cc', 'bcc', 'reply_to'] as const

/** The lines above a mail, those that it has; whatever else the server says of it is left out. */
export function headersOf(letter: Letter): Header[] {
  const found: Header[] = []
  for (const key of ADDRESSES) {
    const value = writtenList(letter[key])
    if (value) found.push({ name: t.drawer[key], value })
  }
  if (isMail(letter)) found.push({ name: t.drawer.subject, value: letter.subject || t.drawer.noSubject })
  const attachments = namesOf(letter.attachments)
  if (attachments) found.push({ name: t.drawer.attachments, value: attachments })
  return found
}

/** Whether a message is a mail: no other has a subject. */
export function isMail(letter: Letter): boolean {
  return typeof letter.subject === 'string'
}

function writtenList(value: unknown): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(', ') : ''
}

function namesOf(value: unknown): string {
  if (!Array.isArray(value)) return ''
  const named = value.map((item: unknown) => {
    if (typeof item === 'string') return item
    if (typeof item !== 'object' || item === null || !('name' in item)) return null
    return typeof item.name === 'string' ? item.name : null
  })
  return named.filter(Boolean).join(', ')
}
