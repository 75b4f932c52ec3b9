import { BLOCKS, isClosing, nameOf, STRICT, type Token, tokens } from './tokens'

const SAME: Record<string, string> = { b: 'strong', i: 'em' }
// A browser puts these into every table by itself.
const IMPLIED = new Set(['tbody'])

/**
 * A text in a form in which two texts are equal exactly if a mail program shows them the same: white
 * space, the order of attributes and the spelling of tags do not count, everything else does.
 */
export function canonical(html: string): string {
  const pieces = tokens(html).filter((one) => one.kind !== 'tag' || !IMPLIED.has(nameOf(one.text)))
  return pieces
    .map((one, at) => piece(one, pieces[at - 1], pieces[at + 1]))
    .filter((one) => one !== '')
    .join('\n')
}

function piece(token: Token, before: Token | undefined, after: Token | undefined): string {
  if (token.kind === 'tag') return tag(token.text)
  if (token.kind !== 'text') return token.text
  const words = decoded(token.text).replace(/[ \t\r\n]+/g, ' ')
  const left = isEdge(before) ? words.replace(/^ /, '') : words
  return isEdge(after) ? left.replace(/ $/, '') : left
}

/** Where white space does not count: at the ends, and beside the tags of blocks. */
function isEdge(token: Token | undefined): boolean {
  if (!token) return true
  if (token.kind === 'liquid') return false
  return (
    token.kind === 'tag' &&
    (BLOCKS.has(nameOf(token.text)) || STRICT.has(nameOf(token.text)) || nameOf(token.text) === 'br')
  )
}

function tag(text: string): string {
  const name = SAME[nameOf(text)] ?? nameOf(text)
  if (isClosing(text)) return `</${name}>`
  const inner = text.replace(/^<[\w-]+/, '').replace(/\/?>$/, '')
  const found = [...inner.matchAll(/([^\s=/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?/g)]
  const attributes = found.map(([, key = '', value]) => attribute(key.toLowerCase(), unquoted(value ?? '')))
  return `<${[name, ...attributes.filter(Boolean).sort()].join(' ')}>`
}

function attribute(key: string, value: string): string {
  if (key !== 'style') return `${key}=${decoded(value)}`
  const rules = value.split(';').map((rule) =>
    rule
      .trim()
      .replace(/\s*:\s*/, ':')
      .replace(/\s+/g, ' '),
  )
  return `style=${decoded(rules.filter(Boolean).join(';'))}`
}

function unquoted(value: string): string {
  return /^["']/.test(value) ? value.slice(1, -1) : value
}

function decoded(text: string): string {
  if (!text.includes('&')) return text
  const area = document.createElement('textarea')
  area.innerHTML = text.replaceAll('<', '&lt;')
  return area.value
}
