/** The document as the canvas library wants it: things that did not change stay the very same objects. */
import { type Edge, MarkerType, type Node, type NodeHandle, Position as Side } from '@xyflow/react'
import type { BlockOut, Port } from '../../api'
import { ERROR, edgeId, type Position, START, type WorkflowDocument, type WorkflowNode } from '../document'
import { exitAt, sizeOf } from '../layout'

/** What a page says of a node beside what it does: how it went, how many records it had. */
export interface Decoration {
  /** A run's or step's status; it colours the card. */
  status?: string
  /** A short text on the card's corner: a number, a time. */
  badge?: string
  /** A line below the summary's place, instead of it. */
  note?: string
}

/** What is known of a node beside the document. */
export interface Look {
  exits: readonly Port[]
  summary: string
  errors: number
  advice: number
  decoration?: Decoration
}

export interface Card extends Record<string, unknown> {
  node: WorkflowNode
  block: BlockOut | undefined
  look: Look
  readOnly: boolean
}
export type FlowNode = Node<Card, 'card'>

export interface Link extends Record<string, unknown> {
  readOnly: boolean
  count?: string
  /** Whether it leaves by the exit for failures. */
  error: boolean
}
export type FlowEdge = Edge<Link, 'exit'>

export const DOT = 12

/** Builds the canvas's nodes and edges again and again, giving back what it gave for what stayed the same. */
export class FlowBuilder {
  private nodes = new Map<string, FlowNode>()
  private edges = new Map<string, FlowEdge>()

  nodesOf(
    document: WorkflowDocument,
    blocks: ReadonlyMap<string, BlockOut>,
    lookOf: (node: WorkflowNode) => Look,
    selected: ReadonlySet<string>,
    dragged: ReadonlyMap<string, Position>,
    readOnly: boolean,
  ): FlowNode[] {
    const next = new Map<string, FlowNode>()
    for (const node of document.nodes) {
      const data = { node, block: blocks.get(node.block), look: lookOf(node), readOnly }
      const place = dragged.get(node.key) ?? node.position ?? { x: 0, y: 0 }
      next.set(node.key, flowNode(this.nodes.get(node.key), data, place, selected.has(node.key)))
    }
    this.nodes = next
    return [...next.values()]
  }

  edgesOf(
    document: WorkflowDocument,
    selected: string | null,
    counts: ReadonlyMap<string, string> | undefined,
    readOnly: boolean,
  ): FlowEdge[] {
    const next = new Map<string, FlowEdge>()
    const keys = new Set(document.nodes.map((node) => node.key))
    for (const edge of document.edges) {
      if (!keys.has(edge.from) || !keys.has(edge.to)) continue
      const id = edgeId(edge)
      const count = counts?.get(`${edge.from}/${edge.port}`)
      const known = this.edges.get(id)
      const isSelected = id === selected
      if (
        known &&
        known.selected === isSelected &&
        known.data?.count === count &&
        known.data?.readOnly === readOnly
      )
        next.set(id, known)
      else
        next.set(id, {
          id,
          type: 'exit',
          source: edge.from,
          sourceHandle: edge.port,
          target: edge.to,
          targetHandle: 'in',
          selected: isSelected,
          focusable: false,
          markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: '#8a949c' },
          data: { readOnly, count, error: edge.port === ERROR },
        })
    }
    this.edges = next
    return [...next.values()]
  }
}

function flowNode(known: FlowNode | undefined, data: Card, place: Position, selected: boolean): FlowNode {
  const kept = known && sameCard(known.data, data) ? known.data : data
  if (
    known &&
    kept === known.data &&
    known.selected === selected &&
    known.position.x === place.x &&
    known.position.y === place.y
  )
    return known
  const size = sizeOf(data.look.exits.length)
  return {
    id: data.node.key,
    type: 'card',
    position: { x: place.x, y: place.y },
    selected,
    data: kept,
    ...size,
    measured: size,
    handles: known && kept === known.data ? known.handles : handlesOf(data),
    draggable: !data.readOnly,
    focusable: false,
  }
}

/** Where the dots are, said beforehand, so that the lines are drawn without measuring 200 cards first. */
function handlesOf({ node, look: { exits } }: Card): NodeHandle[] {
  const { width, height } = sizeOf(exits.length)
  const dot = (id: string, type: 'source' | 'target', x: number, y: number, position: Side): NodeHandle => ({
    id,
    type,
    position,
    x: x - DOT / 2,
    y: y - DOT / 2,
    width: DOT,
    height: DOT,
  })
  const out = exits.map((exit, index) =>
    dot(exit.key, 'source', exitAt(index, exits.length, width), height, Side.Bottom),
  )
  if (node.block === START) return out
  // The line's arrow ends where the card begins.
  return [{ ...dot('in', 'target', width / 2, 0, Side.Top), y: -1, height: 2 }, ...out]
}

function sameCard(one: Card, other: Card): boolean {
  return (
    one.readOnly === other.readOnly &&
    one.block === other.block &&
    sameDrawn(one.node, other.node) &&
    sameLook(one.look, other.look)
  )
}

/** Of the node itself, the card shows its name alone; the rest comes with the look. */
const sameDrawn = (one: WorkflowNode, other: WorkflowNode) =>
  one === other || (one.key === other.key && one.block === other.block && one.label === other.label)

function sameLook(one: Look, other: Look): boolean {
  return (
    one === other ||
    (one.summary === other.summary &&
      one.errors === other.errors &&
      one.advice === other.advice &&
      one.decoration?.status === other.decoration?.status &&
      one.decoration?.badge === other.decoration?.badge &&
      one.decoration?.note === other.decoration?.note &&
      one.exits.length === other.exits.length &&
      one.exits.every(
        (exit, index) => exit.key === other.exits[index]?.key && exit.label === other.exits[index]?.label,
      ))
  )
}
