import { generateHTML, generateJSON } from '@tiptap/core'
import { canonical } from './canonical'
import { extensions } from './extensions'
import { fromRich, toRich } from './liquid'

/** Whether the rich editor can hold a text without changing what anybody would see of it. */
export function isKept(html: string): boolean {
  if (html.trim() === '') return true
  const rich = toRich(html)
  if (rich === null) return false
  try {
    const known = extensions()
    return canonical(fromRich(generateHTML(generateJSON(rich, known), known))) === canonical(html)
  } catch {
    return false
  }
}
