import type { FormContext, InputProps } from './types'

interface Props extends InputProps<unknown> {
  /** Whose fields can be taken as the value. */
  module: string | null
  /** The field that the value is for; none: any type. */
  target?: { module: string; field: string } | null
  context?: FormContext
}

/** A value as conditions and assignments have it: fixed, a field, today or now, or a formula. */
export function ValueEditor(_props: Props) {
  return null
}
