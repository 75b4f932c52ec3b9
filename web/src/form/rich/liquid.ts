import { BLOCKS, isBlank, isClosing, nameOf, STRICT, type Token, tokens, VOID } from './tokens'

// Even where nothing runs, a parser that meets a handler reports it to the browser's console.
const HANDLER = /[\s"'/]on\w+\s*=/i

/**
 * The text as the rich editor reads it: each {{ … }} and {% … %} in an element of its own, which the editor
 * carries along unread. null: Liquid stands where no element can, as between the rows of a table, or there is
 * code in it.
 */
export function toRich(html: string): string | null {
  const pieces = tokens(html)
  const open: string[] = []
  let found = ''
  for (const [at, one] of pieces.entries()) {
    if (one.kind === 'comment') return null
    if (one.kind === 'tag' && HANDLER.test(one.text)) return null
    if (one.kind === 'tag') track(one.text, open)
    if (one.kind !== 'liquid') found += one.text
    else if (STRICT.has(open.at(-1) ?? '')) return null
    else found += element(one.text, standsAlone(pieces, at, open))
  }
  return withBareParagraphs(found)
}

function track(tag: string, open: string[]) {
  const name = nameOf(tag)
  if (VOID.has(name) || tag.endsWith('/>')) return
  if (!isClosing(tag)) open.push(name)
  else if (open.lastIndexOf(name) >= 0) open.length = open.lastIndexOf(name)
}

/** Whether a tag of Liquid stands between blocks, as "if" around a paragraph. */
function standsAlone(pieces: Token[], at: number, open: string[]): boolean {
  const parent = open.at(-1)
  if (!pieces[at]?.text.startsWith('{%') || (parent && !['div', 'td', 'th', 'blockquote'].includes(parent)))
    return false
  return (
    isBlocky(pieces.slice(0, at).findLast((one) => !isBlank(one))) &&
    isBlocky(pieces.slice(at + 1).find((one) => !isBlank(one)))
  )
}

function isBlocky(token: Token | undefined): boolean {
  if (!token) return true
  if (token.kind === 'tag') return BLOCKS.has(nameOf(token.text))
  return token.kind === 'liquid' && token.text.startsWith('{%')
}

function element(code: string, block: boolean): string {
  const written = encodeURIComponent(code)
  return block ? `<div data-liquid-block="${written}"></div>` : `<span data-liquid="${written}"></span>`
}

/** Words that stand bare in a cell, a line of a list or a division get a paragraph that says so. */
function withBareParagraphs(html: string): string {
  const body = parsed(html)
  for (const one of body.querySelectorAll('li, td, th, div:not([data-liquid-block]), blockquote'))
    wrapRuns(one)
  return body.innerHTML
}

function wrapRuns(parent: Element) {
  let run: ChildNode[] = []
  const close = () => {
    if (run.some((one) => one.nodeType !== Node.TEXT_NODE || one.textContent?.trim())) {
      const paragraph = parent.ownerDocument.createElement('p')
      paragraph.setAttribute('data-bare', 'true')
      run[0]?.before(paragraph)
      paragraph.append(...run)
    }
    run = []
  }
  for (const child of [...parent.childNodes]) {
    if (child instanceof Element && (BLOCKS.has(child.localName) || child.hasAttribute('data-liquid-block')))
      close()
    else run.push(child)
  }
  close()
}

/** The HTML that the rich editor holds, as it is stored: Liquid as it was written, bare words bare again. */
export function fromRich(html: string): string {
  const body = parsed(html)
  for (const one of body.querySelectorAll('[data-style]')) {
    one.setAttribute('style', one.getAttribute('data-style') ?? '')
    one.removeAttribute('data-style')
  }
  for (const one of [...body.querySelectorAll('p[data-bare]')]) {
    one.removeAttribute('data-bare')
    const alone =
      [...(one.parentElement?.children ?? [])].filter((other) => other.localName === 'p').length === 1
    if (alone && one.parentElement !== body && one.attributes.length === 0) one.replaceWith(...one.childNodes)
  }
  for (const cell of body.querySelectorAll('td, th'))
    for (const span of ['colspan', 'rowspan']) if (cell.getAttribute(span) === '1') cell.removeAttribute(span)
  const written = body.innerHTML.replace(
    /<(span|div) data-liquid(?:-block)?="([^"]*)"><\/\1>/g,
    (_all, _name, code: string) => decodeURIComponent(code),
  )
  return written === '<p></p>' ? '' : written
}

function parsed(html: string): HTMLElement {
  return new DOMParser().parseFromString(`<body>${html}</body>`, 'text/html').body
}
