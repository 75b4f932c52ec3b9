import type { InputProps } from './types'

/** One user, found by name. */
export function UserSelect(_props: InputProps<number | null>) {
  return null
}
