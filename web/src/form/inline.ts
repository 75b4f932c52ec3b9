import { createContext, useContext } from 'react'

/** Whether an input stands beside what names it, so that its label is heard and not seen. */
export const InlineContext = createContext(false)

/** A label as inputs take it: seen, or heard only. */
export function useCalled(
  label: string,
  description?: string,
): { label?: string; 'aria-label'?: string; description?: string } {
  return useContext(InlineContext) ? { 'aria-label': label } : { label, description }
}
