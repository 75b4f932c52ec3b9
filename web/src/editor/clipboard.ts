import { freeKey, keysOf, type Position, START, type WorkflowDocument, type WorkflowNode } from './document'

/** What is put on the clipboard, as JSON text: nodes, and the edges between them. */
interface Copied {
  whereupon: 'nodes'
  nodes: WorkflowDocument['nodes']
  edges: WorkflowDocument['edges']
}

/** Some nodes as text, to paste here, in another workflow or in another window. */
export function copyText(document: WorkflowDocument, keys: readonly string[]): string | null {
  const chosen = new Set(keys)
  const nodes = document.nodes.filter((node) => chosen.has(node.key) && node.block !== START)
  if (nodes.length === 0) return null
  const kept = new Set(nodes.map((node) => node.key))
  const edges = document.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to))
  const copied: Copied = { whereupon: 'nodes', nodes, edges }
  return JSON.stringify(copied, null, 1)
}

/** What copied text holds; null where it is something else, however it looks. */
export function readCopied(text: string): Copied | null {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(found) || found.whereupon !== 'nodes') return null
  const { nodes, edges } = found
  if (!Array.isArray(nodes) || !Array.isArray(edges) || nodes.length === 0 || nodes.length > 500) return null
  if (!nodes.every(isNode) || !edges.every(isEdge)) return null
  return { whereupon: 'nodes', nodes, edges }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNode(value: unknown): value is WorkflowNode {
  if (!isObject(value) || typeof value.key !== 'string' || typeof value.block !== 'string') return false
  const { label, position, on_error } = value
  if (value.block === START || !isObject(value.config)) return false
  if (label !== undefined && typeof label !== 'string') return false
  if (on_error !== undefined && on_error !== null && !isObject(on_error)) return false
  return position === undefined || position === null || isPosition(position)
}

function isPosition(value: unknown): value is Position {
  return isObject(value) && Number.isFinite(value.x) && Number.isFinite(value.y)
}

function isEdge(value: unknown): value is WorkflowDocument['edges'][number] {
  return isObject(value) && [value.from, value.port, value.to].every((part) => typeof part === 'string')
}

/** The document with the copied nodes under new keys, their middle at `at` or a little beside where they were. */
export function paste(
  document: WorkflowDocument,
  copied: Pick<Copied, 'nodes' | 'edges'>,
  at?: Position,
): { document: WorkflowDocument; keys: string[] } {
  const taken = keysOf(document)
  const renamed = new Map<string, string>()
  for (const node of copied.nodes) {
    const key = freeKey(node.key, taken)
    taken.add(key)
    renamed.set(node.key, key)
  }
  const shift = shiftTo(copied.nodes, at)
  const nodes = copied.nodes.map((node) => ({
    ...structuredClone(node),
    key: renamed.get(node.key) ?? node.key,
    position: node.position
      ? { x: node.position.x + shift.x, y: node.position.y + shift.y }
      : (at ?? { x: 0, y: 0 }),
  }))
  const edges = copied.edges.flatMap((edge) => {
    const [from, to] = [renamed.get(edge.from), renamed.get(edge.to)]
    return from && to ? [{ ...edge, from, to }] : []
  })
  return {
    document: { ...document, nodes: [...document.nodes, ...nodes], edges: [...document.edges, ...edges] },
    keys: nodes.map((node) => node.key),
  }
}

function shiftTo(nodes: readonly WorkflowNode[], at?: Position): Position {
  const placed = nodes.flatMap((node) => (node.position ? [node.position] : []))
  if (!at || placed.length === 0) return { x: 48, y: 48 }
  const left = Math.min(...placed.map((place) => place.x))
  const top = Math.min(...placed.map((place) => place.y))
  return { x: at.x - left, y: at.y - top }
}

/** Copies of some nodes beside them, connected among themselves as these are. */
export function duplicate(document: WorkflowDocument, keys: readonly string[]) {
  const text = copyText(document, keys)
  const copied = text === null ? null : readCopied(text)
  return copied ? paste(document, copied) : { document, keys: [] }
}
