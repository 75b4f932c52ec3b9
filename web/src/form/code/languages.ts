import { StreamLanguage, type StringStream } from '@codemirror/language'

/** A formula's colours: functions, names, texts, numbers. */
export const formulaLanguage = StreamLanguage.define<Record<string, never>>({
  startState: () => ({}),
  token: (stream) => {
    if (stream.eatSpace()) return null
    if (stream.match(/^"(?:[^"]|"")*"?/)) return 'string'
    if (stream.match(/^\d+(\.\d+)?/)) return 'number'
    if (stream.match(/^[\p{L}_][\p{L}\p{N}_]*(?=\s*\()/u)) return 'keyword'
    if (stream.match(/^(TRUE|FALSE)\b/i)) return 'atom'
    if (stream.match(/^[\p{L}_][\p{L}\p{N}_.]*/u)) return 'variableName'
    stream.next()
    return 'operator'
  },
})

interface Place {
  inTag: boolean
}

/** HTML with Liquid in it. */
export const htmlLanguage = StreamLanguage.define<Place>({
  startState: () => ({ inTag: false }),
  token: (stream, place) => {
    if (stream.match('{{')) return until(stream, '}}', 'variableName')
    if (stream.match('{%')) return until(stream, '%}', 'keyword')
    if (stream.match('<!--')) return until(stream, '-->', 'comment')
    return place.inTag ? insideTag(stream, place) : outsideTag(stream, place)
  },
})

function insideTag(stream: StringStream, place: Place): string | null {
  if (stream.match(/^\/?>/)) {
    place.inTag = false
    return 'tagName'
  }
  if (stream.match(/^"[^"{]*"?/) || stream.match(/^'[^'{]*'?/)) return 'string'
  if (stream.match(/^[\w:-]+(?==)/)) return 'attributeName'
  stream.next()
  return null
}

function outsideTag(stream: StringStream, place: Place): string | null {
  if (stream.match(/^<\/?[a-zA-Z][\w-]*/)) {
    place.inTag = true
    return 'tagName'
  }
  stream.next()
  while (!stream.eol() && !['<', '{'].includes(stream.peek() ?? '')) stream.next()
  return null
}

function until(stream: StringStream, end: string, token: string): string {
  if (stream.skipTo(end)) stream.match(end)
  else stream.skipToEnd()
  return token
}
