import type { FormContext, InputProps } from './types'

interface Props extends InputProps<string | null> {
  module: string | null
  /** Only fields of these types can be chosen; links are followed anyhow. */
  types?: string[]
  /** With a workflow and a block: outputs of earlier blocks and the record before the change, too. */
  context?: FormContext
}

/** A field of the record or of a linked one, over several links: searchable, with levels that open. */
export function PathSelect(_props: Props) {
  return null
}
