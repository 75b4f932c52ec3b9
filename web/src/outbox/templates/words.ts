import type { Template } from '../../api'

/** What of a template is written by people. `text` null: made from the rich text. */
export interface Words {
  name: string
  subject: string
  html: string | null
  text: string | null
}

/** The words of a template as the server keeps them. */
export function wordsOf({ name, subject, html, text }: Template): Words {
  return { name, subject: subject ?? '', html, text }
}

const PARTS = ['name', 'subject', 'html', 'text'] as const

/** Whether anything differs; no rich text and an empty one are the same. */
export function changed(now: Words, before: Words): boolean {
  return PARTS.some((part) => (now[part] ?? '') !== (before[part] ?? ''))
}
