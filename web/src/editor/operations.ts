/** What one does in the editor, whether by mouse, by key or from a menu. */
import * as clipboard from './clipboard'
import {
  addNode,
  connect,
  disconnect,
  type Exit,
  edgeAt,
  edgeId,
  freeKey,
  keysOf,
  moveNodes,
  nodeOf,
  type Position,
  removeNodes,
  START,
  startOf,
  type WorkflowDocument,
  type WorkflowNode,
} from './document'
import {
  arranged,
  freePlace,
  GRID,
  HEIGHT,
  placeAfter,
  sizeOf,
  snapped,
  WIDTH,
  withRoomAfter,
} from './layout'
import type { Editor } from './store'

/** A new block, after an exit or at a place of its own; it is selected, so that its form is open. */
export function addBlock(editor: Editor, block: string, after?: Exit, place?: Position): string {
  const { document } = editor
  const key = freeKey(block, keysOf(document))
  const exits = editor.state.known.fresh.get(block)
  const goesOnBy = exits ? (exits[0]?.key ?? null) : undefined
  const between = after && edgeAt(document, after)
  const wanted = between || !place ? defaultPlace(editor, after) : aligned(document, place)
  const position = between || place ? snapped(wanted) : freePlace(document, editor.exitsOf, wanted)
  const node: WorkflowNode = { key, block, config: {}, position }
  editor.draw(
    (now) => {
      const added = addNode(now, node, after, goesOnBy)
      return between ? withRoomAfter(added, key, editor.exitsOf) : added
    },
    { select: [key] },
  )
  return key
}

const NEAR = 28

/** A place that is nearly below or above another block is exactly so. */
function aligned(document: WorkflowDocument, place: Position): Position {
  const near = document.nodes.find((node) => node.position && Math.abs(node.position.x - place.x) < NEAR)
  return near?.position ? { x: near.position.x, y: place.y } : place
}

function defaultPlace(editor: Editor, after?: Exit): Position {
  const source = nodeOf(editor.document, after?.key)
  if (source && after) return placeAfter(source, after.port, editor.exitsOf)
  const { surface } = editor
  if (surface) {
    const box = surface.element.getBoundingClientRect()
    const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 }
    const at = surface.flow.screenToFlowPosition(middle)
    return { x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 }
  }
  const floor = Math.max(0, ...editor.document.nodes.map((node) => (node.position?.y ?? 0) + HEIGHT))
  return { x: 0, y: floor + HEIGHT }
}

/** Where a block goes that is added without saying where: after what is selected, else after START if it is free. */
export function exitInMind(editor: Editor): Exit | undefined {
  const { selected, edge } = editor.state
  const chosen = editor.document.edges.find((one) => edgeId(one) === edge)
  if (chosen) return { key: chosen.from, port: chosen.port }
  if (selected.length === 1) return freeExit(editor, nodeOf(editor.document, selected[0]), true)
  return selected.length === 0 ? freeExit(editor, startOf(editor.document), false) : undefined
}

/** The first exit of a node that leads nowhere; the first one at all, if it may be in use. */
function freeExit(editor: Editor, node: WorkflowNode | undefined, orFirst: boolean): Exit | undefined {
  if (!node) return undefined
  const exits = editor.exitsOf(node).map((exit) => ({ key: node.key, port: exit.key }))
  return exits.find((exit) => !edgeAt(editor.document, exit)) ?? (orFirst ? exits[0] : undefined)
}

export function connectExit(editor: Editor, exit: Exit, to: string) {
  editor.draw((document) => connect(document, exit, to))
}

/** Take away what is selected: blocks, or a connection. */
export function removeSelected(editor: Editor) {
  const { selected, edge } = editor.state
  const chosen = editor.document.edges.find((one) => edgeId(one) === edge)
  if (chosen) return editor.draw((now) => disconnect(now, [{ key: chosen.from, port: chosen.port }]))
  const before = editor.document.edges.find((one) => selected.includes(one.to))?.from
  const next = before && !selected.includes(before) && selected.length === 1 ? [before] : []
  const going = selected.filter((key) => nodeOf(editor.document, key)?.block !== START)
  if (going.length > 0) editor.draw((now) => removeNodes(now, going), { select: next })
}

export function duplicateSelected(editor: Editor) {
  const { document, keys } = clipboard.duplicate(editor.document, editor.state.selected)
  if (keys.length > 0) editor.draw(() => document, { select: keys })
}

export function copySelected(editor: Editor): string | null {
  return clipboard.copyText(editor.document, editor.state.selected)
}

/** Whether the text was blocks. They come beside those they were copied from, or into view. */
export function pasteText(editor: Editor, text: string): boolean {
  const copied = clipboard.readCopied(text)
  if (!copied || editor.state.readOnly) return false
  const known = keysOf(editor.document)
  const own = copied.nodes.some((node) => known.has(node.key))
  const { document, keys } = clipboard.paste(
    editor.document,
    copied,
    own ? undefined : snapped(defaultPlace(editor)),
  )
  editor.draw(() => document, { select: keys })
  return true
}

/** Put everything in order from top to bottom. */
export function arrange(editor: Editor) {
  const places = arranged(editor.document, editor.exitsOf)
  editor.draw((document) => moveNodes(document, places))
}

export type Direction = 'up' | 'down' | 'left' | 'right'
const STEP: Record<Direction, Position> = {
  up: { x: 0, y: -GRID },
  down: { x: 0, y: GRID },
  left: { x: -GRID, y: 0 },
  right: { x: GRID, y: 0 },
}

/** Move what is selected by one step of the grid. */
export function nudge(editor: Editor, direction: Direction) {
  const { x, y } = STEP[direction]
  const places = new Map(
    editor.state.selected.flatMap((key) => {
      const at = nodeOf(editor.document, key)?.position
      return at ? [[key, { x: at.x + x, y: at.y + y }] as const] : []
    }),
  )
  editor.draw((document) => moveNodes(document, places), { tag: 'nudge' })
}

/** Select the next block in a direction: along the connections up and down, else what stands nearest there. */
export function walk(editor: Editor, direction: Direction): string | undefined {
  const { document } = editor
  const from = nodeOf(document, editor.state.selected.at(-1))
  const to = from
    ? (along(editor, from, direction) ?? beside(editor, from, direction))
    : startOf(document)?.key
  if (to) editor.select([to])
  return to
}

function along(editor: Editor, from: WorkflowNode, direction: Direction): string | undefined {
  const { document } = editor
  if (direction === 'up') return document.edges.find((edge) => edge.to === from.key)?.from
  if (direction !== 'down') return undefined
  for (const exit of editor.exitsOf(from)) {
    const edge = edgeAt(document, { key: from.key, port: exit.key })
    if (edge) return edge.to
  }
  return undefined
}

function beside(editor: Editor, from: WorkflowNode, direction: Direction): string | undefined {
  const step = STEP[direction]
  const origin = from.position ?? { x: 0, y: 0 }
  const rated = editor.document.nodes.flatMap((node) => {
    if (node.key === from.key || !node.position) return []
    const [dx, dy] = [node.position.x - origin.x, node.position.y - origin.y]
    const ahead = (dx * step.x + dy * step.y) / GRID
    const aside = Math.abs(step.x ? dy : dx)
    return ahead > 0 && aside <= ahead * 2 ? [{ key: node.key, far: ahead + aside * 2 }] : []
  })
  return rated.toSorted((one, other) => one.far - other.far)[0]?.key
}

/** Bring a block into view, without moving the canvas where it is in view already. */
export function show(editor: Editor, key: string) {
  const { surface } = editor
  const node = nodeOf(editor.document, key)
  if (!surface || !node?.position) return
  const size = sizeOf(editor.exitsOf(node).length)
  const { x, y, zoom } = surface.flow.getViewport()
  const box = surface.element.getBoundingClientRect()
  const left = node.position.x * zoom + x
  const top = node.position.y * zoom + y
  const inside =
    left >= 0 && top >= 0 && left + size.width * zoom <= box.width && top + size.height * zoom <= box.height
  if (inside) return
  const middle = { x: node.position.x + size.width / 2, y: node.position.y + size.height / 2 }
  void surface.flow.setCenter(middle.x, middle.y, { zoom: Math.max(zoom, 0.6), duration: 150 })
}

/** Select a block, show it, and point at a place of its form. */
export function goTo(editor: Editor, node: string | null, path: string) {
  editor.select(node ? [node] : [])
  if (node) show(editor, node)
  editor.store.setState({ pointed: { node, path } })
}
