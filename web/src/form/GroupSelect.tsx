import type { InputProps } from './types'

/** One group, found by name. */
export function GroupSelect(_props: InputProps<string | null>) {
  return null
}
