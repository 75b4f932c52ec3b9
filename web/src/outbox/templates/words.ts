import type { PageSetup, Template } from '../../api'

/** What of a template is written by people. `text` null: made from the rich text. */
export interface Words {
  name: string
  subject: string
  html: string | null
  text: string | null
  /** Of a PDF: what stands on every page, and its paper. */
  header: string | null
  footer: string | null
  page: PageSetup | null
}

/** The words of a template as the server keeps them. */
export function wordsOf({ name, subject, html, text, header, footer, page }: Template): Words {
  return { name, subject: subject ?? '', html, text, header, footer, page }
}

const PARTS = ['name', 'subject', 'html', 'text', 'header', 'footer'] as const

/** Whether anything differs; no rich text and an empty one are the same. */
export function changed(now: Words, before: Words): boolean {
  const papers = JSON.stringify(now.page) !== JSON.stringify(before.page)
  return papers || PARTS.some((part) => (now[part] ?? '') !== (before[part] ?? ''))
}
