import { useCallback, useState } from 'react'
import type { BlockOut } from '../../api'
import { useHover } from '../canvas/hover'
import { type Exit, edgeId, NEXT, startOf } from '../document'
import { HEIGHT, WIDTH } from '../layout'
import { addBlock } from '../operations'
import { type Editor, useEditor } from '../store'

const FAR_ENOUGH = 5

export interface Dragged {
  block: BlockOut
  x: number
  y: number
}

/** Drag a block out of the palette with mouse, pen or finger: onto the canvas, or onto a line to put it in between. */
export function useDragOut() {
  const editor = useEditor()
  const [dragged, setDragged] = useState<Dragged | null>(null)
  const begin = useCallback(
    (block: BlockOut, down: React.PointerEvent) => {
      if (down.button !== 0) return
      const from = { x: down.clientX, y: down.clientY }
      let moving = false
      const move = ({ clientX: x, clientY: y }: PointerEvent) => {
        moving ||= Math.hypot(x - from.x, y - from.y) > FAR_ENOUGH
        if (!moving) return
        setDragged({ block, x, y })
        useHover.setState({ drop: lineAt(x, y) })
      }
      const end = (event: Event) => {
        for (const kind of ['pointerup', 'pointercancel', 'keydown']) window.removeEventListener(kind, end)
        window.removeEventListener('pointermove', move)
        setDragged(null)
        useHover.setState({ drop: null })
        if (!moving) return
        swallowClick()
        if (event.type === 'pointerup' && event instanceof PointerEvent) drop(editor, block, event)
      }
      window.addEventListener('pointermove', move)
      for (const kind of ['pointerup', 'pointercancel', 'keydown']) window.addEventListener(kind, end)
    },
    [editor],
  )
  return { dragged, begin }
}

/** A drag that ends on the button where it began is no click. */
function swallowClick() {
  const stop = (event: Event) => event.stopPropagation()
  window.addEventListener('click', stop, { capture: true, once: true })
  setTimeout(() => window.removeEventListener('click', stop, { capture: true }), 0)
}

/** The line below the pointer. */
function lineAt(x: number, y: number): string | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const line = element.closest('.react-flow__edge')
    if (line) return line.getAttribute('data-id')
  }
  return null
}

/** Dropped on the place for the first block: it follows START. */
function exitAbove(editor: Editor, under: Element): Exit | undefined {
  const start = under.closest('[data-testid=first-block]') ? startOf(editor.document) : undefined
  return start && { key: start.key, port: NEXT }
}

function drop(editor: Editor, block: BlockOut, { clientX: x, clientY: y }: PointerEvent) {
  const { surface } = editor
  const under = document.elementFromPoint(x, y)
  if (!surface || !under || !surface.element.contains(under)) return
  const line = lineAt(x, y)
  const edge = editor.document.edges.find((one) => edgeId(one) === line)
  const after: Exit | undefined = edge ? { key: edge.from, port: edge.port } : exitAbove(editor, under)
  const at = surface.flow.screenToFlowPosition({ x, y })
  addBlock(editor, block.key, after, { x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 })
  surface.element.focus({ preventScroll: true })
}
