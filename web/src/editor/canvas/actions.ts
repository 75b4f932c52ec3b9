import { createContext, useContext } from 'react'
import type { Exit } from '../document'

/** What can be done from within a card or a line; nothing on a canvas that is only looked at. */
export interface CanvasActions {
  /** Choose a block to put after this exit. */
  addAfter?: (exit: Exit, at: { x: number; y: number }) => void
}

const Context = createContext<CanvasActions>({})
export const CanvasActionsProvider = Context.Provider
export const useCanvasActions = () => useContext(Context)
