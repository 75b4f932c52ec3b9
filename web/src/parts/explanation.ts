/** One part of a condition, as the server explains it: whether it held, in words, and its own parts. */
export interface Explanation {
  kind: string
  held: boolean
  /** What was asked: "Status is equal to Sent". */
  asked: string
  /** What was seen: "it is Draft"; empty for groups. */
  seen: string
  parts: Explanation[]
}

/** The server's tree, read with care: null for what is none. */
export function explanationOf(raw: unknown): Explanation | null {
  if (!isObject(raw) || typeof raw.held !== 'boolean') return null
  const parts = Array.isArray(raw.parts) ? raw.parts : []
  const kind = typeof raw.kind === 'string' ? raw.kind : ''
  const sentence = typeof raw.sentence === 'string' ? raw.sentence : ''
  return {
    kind,
    held: raw.held,
    ...inTwo(sentence, raw.held),
    parts: parts.flatMap((part) => explanationOf(part) ?? []),
  }
}

/** "Status is equal to Sent: held, it is Sent" is shown as what was asked, a sign, and what was seen. */
function inTwo(sentence: string, held: boolean): { asked: string; seen: string } {
  const mark = held ? ': held' : ': not held'
  const at = sentence.lastIndexOf(`${mark}, `)
  if (at >= 0) return { asked: sentence.slice(0, at), seen: sentence.slice(at + mark.length + 2) }
  return { asked: sentence.endsWith(mark) ? sentence.slice(0, -mark.length) : sentence, seen: '' }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
