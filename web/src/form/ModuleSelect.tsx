import type { InputProps } from './types'

/** One module, found by name. */
export function ModuleSelect(_props: InputProps<string | null>) {
  return null
}
