/** Where blocks stand: their sizes, a tidy order from top to bottom, and a free place for a new one. */
import { Graph, layout } from '@dagrejs/dagre'
import { following, type Position, type WorkflowDocument, type WorkflowNode } from './document'

export const GRID = 16
export const WIDTH = 256
export const HEIGHT = 64
/** What a row of labelled exits adds below a card. */
export const EXITS = 24
const BETWEEN = 64
const BESIDE = 48
const EXIT_WIDTH = 80

/** The exits of a node, as the server said or as is known until it does. */
export type Exits = (node: WorkflowNode) => readonly { key: string; label: string }[]

/** How large a card is with so many exits: whole steps of the grid. */
export function sizeOf(exits: number): { width: number; height: number } {
  if (exits <= 1) return { width: WIDTH, height: HEIGHT }
  const width = Math.max(WIDTH, Math.ceil((exits * EXIT_WIDTH) / GRID) * GRID)
  return { width, height: HEIGHT + EXITS }
}

/** Where an exit is on the lower edge of a card of this width. */
export function exitAt(index: number, exits: number, width: number): number {
  return (width * (index + 0.5)) / Math.max(exits, 1)
}

export const snapped = ({ x, y }: Position): Position => ({
  x: Math.round(x / GRID) * GRID,
  y: Math.round(y / GRID) * GRID,
})

/** Every node's place, from top to bottom, true left of false. */
export function arranged(document: WorkflowDocument, exitsOf: Exits): Map<string, Position> {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: BESIDE, ranksep: BETWEEN, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of document.nodes) graph.setNode(node.key, { ...sizeOf(exitsOf(node).length) })
  for (const node of document.nodes) {
    for (const exit of exitsOf(node)) {
      const edge = document.edges.find((one) => one.from === node.key && one.port === exit.key)
      if (edge && graph.hasNode(edge.to)) graph.setEdge(edge.from, edge.to)
    }
  }
  layout(graph, { constraints: besideEachOther(document, exitsOf) })
  return inOneColumn(document, graph, exitsOf)
}

/** What follows by one exit stands left of what follows by the next. */
function besideEachOther(document: WorkflowDocument, exitsOf: Exits): { left: string; right: string }[] {
  return document.nodes.flatMap((node) => {
    const targets = exitsOf(node).flatMap((exit) => {
      const edge = document.edges.find((one) => one.from === node.key && one.port === exit.key)
      return edge ? [edge.to] : []
    })
    return targets.slice(1).flatMap((right, index) => {
      const left = targets[index]
      return left && left !== right ? [{ left, right }] : []
    })
  })
}

/** dagre's middles as our corners, START's middle on the grid at 0. */
function inOneColumn(document: WorkflowDocument, graph: Graph, exitsOf: Exits): Map<string, Position> {
  const start = document.nodes.find((node) => node.block === 'start')
  const origin = start ? (graph.node(start.key) as Position) : { x: 0, y: 0 }
  return new Map(
    document.nodes.map((node) => {
      const middle = graph.node(node.key) as Position
      const { width, height } = sizeOf(exitsOf(node).length)
      const corner = {
        x: middle.x - origin.x - width / 2,
        y: middle.y - origin.y - height / 2 + HEIGHT / 2,
      }
      return [node.key, snapped(corner)] as const
    }),
  )
}

/** The document with a place for every node that has none: documents that were not drawn have none at all. */
export function withPlaces(document: WorkflowDocument, exitsOf: Exits): WorkflowDocument {
  if (document.nodes.every((node) => node.position)) return document
  const some = document.nodes.some((node) => node.position)
  const places = arranged(document, exitsOf)
  const floor = Math.max(0, ...document.nodes.map((node) => (node.position?.y ?? 0) + HEIGHT + BETWEEN))
  const nodes = document.nodes.map((node) => {
    if (node.position) return node
    const place = places.get(node.key) ?? { x: 0, y: 0 }
    return { ...node, position: some ? { x: place.x, y: place.y + floor } : place }
  })
  return { ...document, nodes }
}

interface Box extends Position {
  width: number
  height: number
}

const touch = (one: Box, other: Box) =>
  one.x < other.x + other.width + GRID &&
  other.x < one.x + one.width + GRID &&
  one.y < other.y + other.height + GRID &&
  other.y < one.y + one.height + GRID

/** The nearest free place for a card: where it is wanted, or further right of it. */
export function freePlace(document: WorkflowDocument, exitsOf: Exits, wanted: Position): Position {
  const boxes = document.nodes.flatMap((node) =>
    node.position ? [{ ...node.position, ...sizeOf(exitsOf(node).length) }] : [],
  )
  const at = { ...snapped(wanted), ...sizeOf(1) }
  for (let hit = boxes.find((box) => touch(at, box)); hit; hit = boxes.find((box) => touch(at, box)))
    at.x = Math.ceil((hit.x + hit.width + BESIDE) / GRID) * GRID
  return { x: at.x, y: at.y }
}

/** The place below an exit where a block that follows it would stand. */
export function placeAfter(node: WorkflowNode, port: string, exitsOf: Exits): Position {
  const exits = exitsOf(node)
  const { width, height } = sizeOf(exits.length)
  const index = Math.max(
    exits.findIndex((exit) => exit.key === port),
    0,
  )
  const { x, y } = node.position ?? { x: 0, y: 0 }
  const sideways = exits.length > 1 ? (index - (exits.length - 1) / 2) * (WIDTH + BESIDE) : 0
  return snapped({ x: x + width / 2 - WIDTH / 2 + sideways, y: y + height + BETWEEN })
}

/** The document with everything after a new node moved down, if the node would else stand upon it. */
export function withRoomAfter(document: WorkflowDocument, key: string, exitsOf: Exits): WorkflowDocument {
  const node = document.nodes.find((one) => one.key === key)
  const target = document.edges.find((edge) => edge.from === key)?.to
  const below = document.nodes.find((one) => one.key === target)
  if (!node?.position || !below?.position) return document
  const wanted = node.position.y + sizeOf(exitsOf(node).length).height + BETWEEN
  const missing = Math.ceil((wanted - below.position.y) / GRID) * GRID
  const after = following(document, key)
  if (missing <= 0 || below.position.y < node.position.y - HEIGHT || after.has(key)) return document
  return {
    ...document,
    nodes: document.nodes.map((one) =>
      after.has(one.key) && one.position
        ? { ...one, position: { x: one.position.x, y: one.position.y + missing } }
        : one,
    ),
  }
}
