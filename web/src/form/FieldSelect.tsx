import type { InputProps } from './types'

interface Props extends InputProps<string | null> {
  module: string | null
  /** Only fields of these types. */
  types?: string[]
}

/** One field of a module. */
export function FieldSelect(_props: Props) {
  return null
}
