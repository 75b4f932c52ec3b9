/** What two people did to the same workflow, side by side, and put together again. */
import {
  freeKey,
  keysOf,
  same,
  type WorkflowDocument,
  type WorkflowEdge,
  type WorkflowNode,
} from './document'

/** All that one edits of a workflow. */
export interface Draft {
  name: string
  description: string
  category: string | null
  module: string | null
  document: WorkflowDocument
}

/** What one side did since the version that both began with. */
export interface Differences {
  added: WorkflowNode[]
  changed: WorkflowNode[]
  removed: WorkflowNode[]
  /** Nodes that only stand elsewhere. */
  moved: WorkflowNode[]
  /** How many connections are new, gone, or lead elsewhere. */
  connections: number
  /** Which of name, description, category, module and settings. */
  said: Said[]
}

export type Said = 'name' | 'description' | 'category' | 'module' | 'settings'
export type Side = 'mine' | 'theirs'

/** A place that both sides changed, and not to the same. `key`: of the node, the exit, or what is said. */
export interface Clash {
  kind: 'node' | 'exit' | 'said'
  key: string
  /** What to call it: the node that it is about. */
  node?: WorkflowNode
  port?: string
  mine: unknown
  theirs: unknown
}

const SAID = ['name', 'description', 'category', 'module'] as const

export function differences(base: Draft, now: Draft): Differences {
  const before = byKey(base.document.nodes)
  const after = byKey(now.document.nodes)
  const both = [...after.values()].flatMap((node) => {
    const old = before.get(node.key)
    return old ? [[old, node] as const] : []
  })
  const [was, is] = [exits(base.document.edges), exits(now.document.edges)]
  const places = new Set([...was.keys(), ...is.keys()])
  return {
    added: [...after.values()].filter((node) => !before.has(node.key)),
    removed: [...before.values()].filter((node) => !after.has(node.key)),
    changed: both.filter(([old, node]) => !same(matter(old), matter(node))).map(([, node]) => node),
    moved: both
      .filter(([old, node]) => same(matter(old), matter(node)) && !same(old.position, node.position))
      .map(([, node]) => node),
    connections: [...places].filter((place) => was.get(place)?.to !== is.get(place)?.to).length,
    said: [
      ...SAID.filter((name) => base[name] !== now[name]),
      ...(same(base.document.settings, now.document.settings) ? [] : (['settings'] as const)),
    ],
  }
}

/** Whether two drafts are the same to whoever edits them, places on the canvas included. */
export function sameDraft(one: Draft, other: Draft): boolean {
  return one === other || same(one, other)
}

/**
 * Both sides' changes in one draft, by node, exit and what is said. Where both changed the same place, the
 * choice for it counts, or theirs stays as long as none is made; `clashes` names these places.
 */
export function merge(
  base: Draft,
  mine: Draft,
  theirs: Draft,
  choices: ReadonlyMap<string, Side> = new Map(),
): { draft: Draft; clashes: Clash[] } {
  const clashes: Clash[] = []
  const own = withFreeKeys(base, mine, theirs)
  const decide = (clash: Clash) => {
    clashes.push(clash)
    return choices.get(clash.key) === 'mine' ? clash.mine : clash.theirs
  }
  const nodes = mergeNodes(base, own, theirs, decide)
  const keys = new Set(nodes.map((node) => node.key))
  const edges = mergeEdges(base, own, theirs, decide).filter(
    (edge) => keys.has(edge.from) && keys.has(edge.to),
  )
  const draft: Draft = { ...theirs, document: { ...theirs.document, nodes, edges } }
  const said = (key: Said, old: unknown, own: unknown, other: unknown) => {
    if (same(old, own) || same(own, other)) return other
    return same(old, other) ? own : decide({ kind: 'said', key, mine: own, theirs: other })
  }
  for (const name of SAID) Object.assign(draft, { [name]: said(name, base[name], mine[name], theirs[name]) })
  draft.document.settings = said(
    'settings',
    base.document.settings,
    mine.document.settings,
    theirs.document.settings,
  ) as WorkflowDocument['settings']
  return { draft, clashes }
}

/**
 * My draft with other keys for the nodes that I added, where the other side added different ones under the
 * same keys: both stay. A node whose key I already wrote into another block keeps it, and is a clash.
 */
function withFreeKeys(base: Draft, mine: Draft, theirs: Draft): Draft {
  const before = byKey(base.document.nodes)
  const other = byKey(theirs.document.nodes)
  const taken = new Set([...before.keys(), ...other.keys(), ...keysOf(mine.document)])
  const renamed = new Map<string, string>()
  for (const node of mine.document.nodes) {
    const there = other.get(node.key)
    if (!there || before.has(node.key) || same(matter(node), matter(there))) continue
    if (mine.document.nodes.some((one) => JSON.stringify(one.config).includes(`${node.key}.`))) continue
    const key = freeKey(node.key, taken)
    taken.add(key)
    renamed.set(node.key, key)
  }
  if (renamed.size === 0) return mine
  const named = (key: string) => renamed.get(key) ?? key
  const nodes = mine.document.nodes.map((node) => ({ ...node, key: named(node.key) }))
  const edges = mine.document.edges.map((edge) => ({ ...edge, from: named(edge.from), to: named(edge.to) }))
  return { ...mine, document: { ...mine.document, nodes, edges } }
}

type Decide = (clash: Clash) => unknown

function mergeNodes(base: Draft, mine: Draft, theirs: Draft, decide: Decide): WorkflowNode[] {
  const [before, own, other] = [base, mine, theirs].map((draft) => byKey(draft.document.nodes)) as [
    Map<string, WorkflowNode>,
    Map<string, WorkflowNode>,
    Map<string, WorkflowNode>,
  ]
  const keys = new Set([...other.keys(), ...own.keys()])
  return [...keys].flatMap((key) => {
    const [was, here, there] = [before.get(key), own.get(key), other.get(key)]
    const place = here && !same(here.position, was?.position) ? here.position : there?.position
    const chosen = mergedNode(key, was, here, there, decide)
    return chosen ? [chosen === here || !place ? chosen : { ...chosen, position: place }] : []
  })
}

function mergedNode(
  key: string,
  was: WorkflowNode | undefined,
  here: WorkflowNode | undefined,
  there: WorkflowNode | undefined,
  decide: Decide,
): WorkflowNode | undefined {
  const [old, own, other] = [matter(was), matter(here), matter(there)]
  if (same(own, other)) return here && there
  if (same(old, own)) return there
  if (same(old, other)) return here
  const node = here ?? there
  return decide({ kind: 'node', key, node, mine: here, theirs: there }) as WorkflowNode | undefined
}

function mergeEdges(base: Draft, mine: Draft, theirs: Draft, decide: Decide): WorkflowEdge[] {
  const [before, own, other] = [base, mine, theirs].map((draft) => exits(draft.document.edges)) as [
    Map<string, WorkflowEdge>,
    Map<string, WorkflowEdge>,
    Map<string, WorkflowEdge>,
  ]
  const names = byKey([...theirs.document.nodes, ...mine.document.nodes])
  return [...new Set([...other.keys(), ...own.keys()])].flatMap((place) => {
    const [was, here, there] = [before.get(place), own.get(place), other.get(place)]
    let chosen = there
    if (here?.to !== there?.to && was?.to !== here?.to) {
      const edge = here ?? there
      chosen =
        was?.to === there?.to || !edge
          ? here
          : (decide({
              kind: 'exit',
              key: place,
              node: names.get(edge.from),
              port: edge.port,
              mine: here,
              theirs: there,
            }) as WorkflowEdge | undefined)
    }
    return chosen ? [chosen] : []
  })
}

const byKey = (nodes: readonly WorkflowNode[]) => new Map(nodes.map((node) => [node.key, node]))
const exits = (edges: readonly WorkflowEdge[]) =>
  new Map(edges.map((edge) => [`${edge.from}/${edge.port}`, edge]))

/** A node without its place: moving it changes nothing of what it does. */
function matter(node: WorkflowNode | undefined): unknown {
  if (!node) return undefined
  const { position: _, label, ...rest } = node
  return { ...rest, label: label ?? '' }
}
