/** The workflow as it is drawn: its parts, and every change to it as a function from one document to the next. */

export interface Position {
  x: number
  y: number
}

/** What follows when a block fails. */
export interface ErrorPolicy {
  policy: 'stop' | 'continue' | 'retry' | 'exit'
  retries?: number
  backoff_seconds?: number
}

export interface WorkflowNode {
  key: string
  block: string
  label?: string
  config: Record<string, unknown>
  on_error?: ErrorPolicy
  position?: Position | null
}

/** A connection from one node's exit to another node. */
export interface WorkflowEdge {
  from: string
  port: string
  to: string
}

export interface WorkflowSettings {
  priority?: number
  recurrence?: 'every_time' | 'first_time' | 'when_met'
  concurrency?: 'parallel' | 'queue' | 'skip' | 'restart'
  time_zone?: string | null
  /** The role that narrows what its runs may do; none: whoever publishes it decides. */
  acts_as?: string | null
}

export interface WorkflowDocument {
  format: number
  nodes: WorkflowNode[]
  edges: WorkflowEdge[]
  settings: WorkflowSettings
}

/** One exit of one node. */
export interface Exit {
  key: string
  port: string
}

export const START = 'start'
export const NEXT = 'next'
export const ERROR = 'error'

/** A document as the server sent it, with what may be left out filled in. Parts that are not known are kept. */
export function readDocument(raw: unknown): WorkflowDocument {
  const given = (raw ?? {}) as Partial<WorkflowDocument>
  return {
    ...given,
    format: given.format ?? 1,
    nodes: (given.nodes ?? []).map((node) => ({ ...node, config: node.config ?? {} })),
    edges: (given.edges ?? []).map((edge) => ({ ...edge, port: edge.port ?? NEXT })),
    settings: given.settings ?? {},
  }
}

export const edgeId = (edge: WorkflowEdge) => `${edge.from}/${edge.port}/${edge.to}`

export function nodeOf(document: WorkflowDocument, key: string | undefined): WorkflowNode | undefined {
  return document.nodes.find((node) => node.key === key)
}

export function startOf(document: WorkflowDocument): WorkflowNode | undefined {
  return document.nodes.find((node) => node.block === START)
}

/** The edge that leaves by an exit. */
export function edgeAt(document: WorkflowDocument, exit: Exit): WorkflowEdge | undefined {
  return document.edges.find((edge) => edge.from === exit.key && edge.port === exit.port)
}

/** The exits that are connected, in the order in which they were. */
export function portsInUse(document: WorkflowDocument, key: string): string[] {
  return document.edges.filter((edge) => edge.from === key).map((edge) => edge.port)
}

/** A key that no node has yet: the block's own name, then with a number. */
export function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  const stem =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, '_')
      .replace(/^[^a-z]+/, '')
      .slice(0, 50) || 'block'
  if (!taken.has(stem)) return stem
  const base = stem.replace(/_\d+$/, '')
  for (let number = 2; ; number++) if (!taken.has(`${base}_${number}`)) return `${base}_${number}`
}

export function keysOf(document: WorkflowDocument): Set<string> {
  return new Set(document.nodes.map((node) => node.key))
}

/**
 * With one more node. Where an exit is given, the node comes after it, and by its own exit before what came
 * after that; null: it has none, and what followed is no longer connected.
 */
export function addNode(
  document: WorkflowDocument,
  node: WorkflowNode,
  after?: Exit,
  goesOnBy: string | null = NEXT,
): WorkflowDocument {
  const added = { ...document, nodes: [...document.nodes, node] }
  if (!after) return added
  const before = edgeAt(document, after)
  const linked = connect(added, after, node.key)
  return before && goesOnBy ? connect(linked, { key: node.key, port: goesOnBy }, before.to) : linked
}

/** With an exit leading to one node, and to that alone. */
export function connect(document: WorkflowDocument, exit: Exit, to: string): WorkflowDocument {
  const known = edgeAt(document, exit)
  if (known?.to === to || exit.key === to) return document
  if (nodeOf(document, to)?.block === START) return document
  const edge = { from: exit.key, port: exit.port, to }
  const edges = known
    ? document.edges.map((one) => (one === known ? { ...known, to } : one))
    : [...document.edges, edge]
  return { ...document, edges }
}

export function disconnect(document: WorkflowDocument, exits: readonly Exit[]): WorkflowDocument {
  const gone = new Set(exits.map((exit) => `${exit.key}/${exit.port}`))
  const edges = document.edges.filter((edge) => !gone.has(`${edge.from}/${edge.port}`))
  return edges.length === document.edges.length ? document : { ...document, edges }
}

/**
 * Without some nodes. What led to one of them leads to what followed it, if that was one thing only. START
 * stays: a workflow has exactly one.
 */
export function removeNodes(document: WorkflowDocument, keys: readonly string[]): WorkflowDocument {
  const going = keys.filter((key) => nodeOf(document, key) && nodeOf(document, key)?.block !== START)
  return going.reduce(removeNode, document)
}

function removeNode(document: WorkflowDocument, key: string): WorkflowDocument {
  const leaving = document.edges.filter((edge) => edge.from === key && edge.port !== ERROR && edge.to !== key)
  const follower = leaving.length === 1 ? leaving[0]?.to : undefined
  const edges = document.edges
    .filter((edge) => edge.from !== key)
    .flatMap((edge) => {
      if (edge.to !== key) return [edge]
      return follower && follower !== edge.from ? [{ ...edge, to: follower }] : []
    })
  return { ...document, nodes: document.nodes.filter((node) => node.key !== key), edges }
}

/** With one node changed; the document itself if nothing is. */
export function changeNode(
  document: WorkflowDocument,
  key: string,
  change: (node: WorkflowNode) => WorkflowNode,
): WorkflowDocument {
  let changed = false
  const nodes = document.nodes.map((node) => {
    if (node.key !== key) return node
    const next = change(node)
    changed ||= next !== node
    return next
  })
  return changed ? { ...document, nodes } : document
}

export function setConfig(document: WorkflowDocument, key: string, config: Record<string, unknown>) {
  return changeNode(document, key, (node) => (same(node.config, config) ? node : { ...node, config }))
}

export function renameNode(document: WorkflowDocument, key: string, label: string) {
  return changeNode(document, key, (node) => ((node.label ?? '') === label ? node : { ...node, label }))
}

export function setErrorPolicy(document: WorkflowDocument, key: string, policy: ErrorPolicy) {
  return changeNode(document, key, (node) => ({ ...node, on_error: policy }))
}

export function setSettings(document: WorkflowDocument, change: WorkflowSettings): WorkflowDocument {
  return { ...document, settings: { ...document.settings, ...change } }
}

export function moveNodes(
  document: WorkflowDocument,
  places: ReadonlyMap<string, Position>,
): WorkflowDocument {
  let moved = false
  const nodes = document.nodes.map((node) => {
    const to = places.get(node.key)
    if (!to || (node.position?.x === to.x && node.position.y === to.y)) return node
    moved = true
    return { ...node, position: { x: to.x, y: to.y } }
  })
  return moved ? { ...document, nodes } : document
}

/** Everything that a run may come to from a node, the node itself left out unless a circle leads back. */
export function following(document: WorkflowDocument, key: string): Set<string> {
  const exits = new Map<string, string[]>()
  for (const edge of document.edges) exits.set(edge.from, [...(exits.get(edge.from) ?? []), edge.to])
  const found = new Set<string>()
  const todo = [...(exits.get(key) ?? [])]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (found.has(next)) continue
    found.add(next)
    todo.push(...(exits.get(next) ?? []))
  }
  return found
}

/** From START along the connections, then what is not connected: as one reads a workflow aloud. */
export function readingOrder(document: WorkflowDocument): WorkflowNode[] {
  const known = new Map(document.nodes.map((node) => [node.key, node]))
  const exits = new Map<string, string[]>()
  for (const edge of document.edges) exits.set(edge.from, [...(exits.get(edge.from) ?? []), edge.to])
  const order: WorkflowNode[] = []
  const todo = document.nodes.map((node) => node.key).reverse()
  const start = startOf(document)
  if (start) todo.push(start.key)
  for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
    const node = known.get(key)
    if (!node) continue
    known.delete(key)
    order.push(node)
    todo.push(...(exits.get(key) ?? []).toReversed())
  }
  return order
}

/** Whether two values say the same, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const left = Object.entries(one).filter(([, value]) => value !== undefined)
  const right = Object.entries(other).filter(([, value]) => value !== undefined)
  if (left.length !== right.length) return false
  const values = new Map(right)
  return left.every(([key, value]) => values.has(key) && same(value, values.get(key)))
}
