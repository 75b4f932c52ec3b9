import { create } from 'zustand'

interface Hover {
  /** The edge that the pointer is on. */
  edge: string | null
  /** The edge that a block would be put onto if it were dropped now. */
  drop: string | null
}

/** What the pointer is over on the canvas; apart from the document, so that moving the pointer draws nothing else. */
export const useHover = create<Hover>(() => ({ edge: null, drop: null }))
