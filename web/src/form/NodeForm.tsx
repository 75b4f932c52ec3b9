import type { Config, FieldProblem, FormContext } from './types'

interface Props {
  /** The block's or trigger's `config` of the catalogue. */
  schema: unknown
  value: Config
  onChange: (value: Config) => void
  context: FormContext
  /** What the server said of it; paths relative to the configuration. */
  problems?: FieldProblem[]
}

/** The complete form of a block or trigger, drawn from its schema alone. */
export function NodeForm(_props: Props) {
  return null
}
