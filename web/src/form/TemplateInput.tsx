import type { FormContext, InputProps } from './types'

interface Props extends InputProps<string> {
  context: FormContext
  /** Several lines. */
  long?: boolean
}

/** Plain text with {{ variables }}: a button to insert one, and how it reads for the chosen record. */
export function TemplateInput(_props: Props) {
  return null
}
