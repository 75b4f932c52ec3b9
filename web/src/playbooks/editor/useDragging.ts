import { type DragEvent, useState } from 'react'
import type { Place } from './drawing'

export type Dragged = { kind: 'step'; place: Place } | { kind: 'phase'; phase: number }

/** What is being dragged over the board, and where it would land. */
export function useDragging(drop: (dragged: Dragged, to: Place) => void) {
  const [dragged, setDragged] = useState<Dragged | null>(null)
  const [over, setOver] = useState<Place | null>(null)
  const end = () => {
    setDragged(null)
    setOver(null)
  }
  return {
    dragged,
    over,
    end,
    begin: (event: DragEvent, what: Dragged) => {
      event.stopPropagation()
      event.dataTransfer.effectAllowed = 'move'
      event.dataTransfer.setData('text/plain', what.kind)
      setDragged(what)
    },
    /** Above a card (its upper half: before it), or above a column: at its end. */
    above: (event: DragEvent, to: Place) => {
      if (!dragged) return
      event.preventDefault()
      event.stopPropagation()
      if (over?.phase !== to.phase || over.step !== to.step) setOver(to)
    },
    drop: (event: DragEvent) => {
      event.preventDefault()
      event.stopPropagation()
      if (dragged && over) drop(dragged, over)
      end()
    },
  }
}

export type Dragging = ReturnType<typeof useDragging>

/** Before the card, or after it, as the pointer is in its upper or its lower half. */
export function stepBelow(event: DragEvent, at: number): number {
  const { top, height } = event.currentTarget.getBoundingClientRect()
  return event.clientY > top + height / 2 ? at + 1 : at
}
