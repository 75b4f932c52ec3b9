/** A piece of an HTML text with Liquid in it. Together, the pieces are the text. */
export interface Token {
  kind: 'tag' | 'text' | 'comment' | 'liquid'
  text: string
}

const PIECES = [
  '(?<comment><!--[\\s\\S]*?-->|<![^>]*>)',
  '(?<tag></?[a-zA-Z](?:"[^"]*"|\'[^\']*\'|[^"\'>])*>)',
  '(?<liquid>\\{\\{[\\s\\S]*?\\}\\}|\\{%[\\s\\S]*?%\\})',
  '(?<text>[^<{]+|[<{])',
].join('|')

/** The pieces of a text in their order. */
export function tokens(html: string): Token[] {
  const found: Token[] = []
  for (const match of html.matchAll(new RegExp(PIECES, 'g'))) {
    const { comment, tag, liquid } = match.groups ?? {}
    const kind = comment ? 'comment' : tag ? 'tag' : liquid ? 'liquid' : 'text'
    const last = found.at(-1)
    if (kind === 'text' && last?.kind === 'text') last.text += match[0]
    else found.push({ kind, text: match[0] })
  }
  return found
}

/** The name of a tag in small letters. */
export function nameOf(tag: string): string {
  return /^<\/?([\w-]+)/.exec(tag)?.[1]?.toLowerCase() ?? ''
}

export const isClosing = (tag: string) => tag.startsWith('</')
export const VOID = new Set([
  'br',
  'hr',
  'img',
  'input',
  'meta',
  'link',
  'col',
  'area',
  'base',
  'source',
  'wbr',
])
export const BLOCKS = new Set([
  'p',
  'div',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'li',
  'blockquote',
  'table',
  'tbody',
  'thead',
  'tfoot',
  'tr',
  'td',
  'th',
  'hr',
  'pre',
  'section',
  'center',
  'body',
  'html',
  'head',
])
/** Elements between whose children no text may stand, so that a browser would move it elsewhere. */
export const STRICT = new Set(['table', 'tbody', 'thead', 'tfoot', 'tr', 'ul', 'ol', 'colgroup'])

export const isBlank = (token: Token) => token.kind === 'text' && token.text.trim() === ''
