import type { FormContext } from './types'

interface Props {
  context: FormContext
  /** Written as a text or as a formula says it. */
  as: 'template' | 'formula'
  onPick: (written: string) => void
}

/** A button that opens all names which may be used here, by group, with search and levels that open. */
export function VariablePicker(_props: Props) {
  return null
}
