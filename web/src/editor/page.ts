import { createContext, useContext } from 'react'
import type { Workflow } from '../api'
import type { Saver } from './saving/saver'

/** The workflow that is open, as the server has it, and the way to save. For panels of other folders, too. */
export interface OpenWorkflow {
  workflow: Workflow
  saver: Saver
  /** Save now. Whether the server has everything afterwards: what is published or tested is what is seen. */
  save: () => Promise<boolean>
  /** The server's answer to something else that was done with it: published, disabled, a version restored. */
  adopt: (workflow: Workflow) => void
}

const Context = createContext<OpenWorkflow | null>(null)
export const OpenWorkflowProvider = Context.Provider

export function useOpenWorkflow(): OpenWorkflow {
  const open = useContext(Context)
  if (!open) throw new Error('useOpenWorkflow is for parts of the editor.')
  return open
}
