import { StreamLanguage, type StringStream } from '@codemirror/language'

interface Place {
  /** What the cursor is inside of, over the end of the line. */
  inside: 'comment' | 'template' | null
}

const KEYWORDS =
  /^(?:break|case|catch|class|const|continue|default|delete|do|else|extends|finally|for|function|if|in|instanceof|let|new|of|return|static|super|switch|this|throw|try|typeof|var|void|while|yield)\b/
const ATOMS = /^(?:true|false|null|undefined|NaN|Infinity)\b/
const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*/u
const NUMBER = /^(?:0[xX][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)n?/

/** JavaScript's colours: enough to read a short script by. */
export const javascript = StreamLanguage.define<Place>({
  startState: () => ({ inside: null }),
  languageData: {
    commentTokens: { line: '//' },
    closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] },
  },
  token: (stream, place) => {
    if (place.inside === 'comment') return comment(stream, place)
    if (place.inside === 'template') return template(stream, place)
    if (stream.eatSpace()) return null
    return outside(stream, place)
  },
})

function outside(stream: StringStream, place: Place): string | null {
  if (stream.match('//')) {
    stream.skipToEnd()
    return 'comment'
  }
  if (stream.match('/*')) return comment(stream, place)
  if (stream.match('`')) return template(stream, place)
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return 'string'
  if (stream.match(NUMBER)) return 'number'
  if (stream.match(KEYWORDS)) return 'keyword'
  if (stream.match(ATOMS)) return 'atom'
  if (stream.match(/^(?:input|console|Math|Date|JSON|Number|String|Array|Object)\b/)) return 'variableName'
  if (stream.match(NAME)) return null
  stream.next()
  return 'operator'
}

function comment(stream: StringStream, place: Place): string {
  place.inside = stream.skipTo('*/') ? null : 'comment'
  if (place.inside) stream.skipToEnd()
  else stream.match('*/')
  return 'comment'
}

function template(stream: StringStream, place: Place): string {
  place.inside = 'template'
  while (!stream.eol()) {
    const next = stream.next()
    if (next === '\\') stream.next()
    else if (next === '`') {
      place.inside = null
      break
    }
  }
  return 'string'
}
