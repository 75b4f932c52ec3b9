import { Text } from '@mantine/core'
import { useMemo } from 'react'
import { form as t } from '../text/form'
import { ObjectForm } from './ObjectForm'
import { resolve } from './schema'
import { type Surroundings, SurroundingsProvider } from './surroundings'
import type { Config, FieldProblem, FormContext, Schema } from './types'
import { useCatalogue, useModules } from './useCatalogue'

interface Props {
  /** The block's or trigger's `config` of the catalogue. */
  schema: unknown
  value: Config
  onChange: (value: Config) => void
  context: FormContext
  /** What the server said of it; paths relative to the configuration. */
  problems?: FieldProblem[]
}

const NONE: FieldProblem[] = []

/** The complete form of a block or trigger, drawn from its schema alone. */
export function NodeForm({ schema, value, onChange, context, problems = NONE }: Props) {
  const modules = useModules()
  const ofChange = useKnowsChange(context)
  const root = useMemo(() => asSchema(schema), [schema])
  const around = useMemo<Surroundings>(
    () => ({ context, defs: root.$defs ?? {}, modules, problems, ofChange }),
    [context, root, modules, problems, ofChange],
  )
  const resolved = useMemo(() => resolve(root, root.$defs ?? {}), [root])
  if (Object.keys(resolved.properties ?? {}).length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.nothingToSet}
      </Text>
    )
  return (
    <SurroundingsProvider value={around}>
      <ObjectForm schema={resolved} value={value} onChange={onChange} path="" levels={[]} />
    </SurroundingsProvider>
  )
}

/** Whether the workflow's trigger knows the record before the change. */
function useKnowsChange(context: FormContext): boolean {
  const triggers = useCatalogue()?.triggers
  const trigger = context.document?.nodes.find((node) => node.block === 'start')?.config?.trigger
  return triggers?.find((one) => one.key === trigger)?.has_old ?? false
}

function asSchema(schema: unknown): Schema {
  return typeof schema === 'object' && schema !== null ? (schema as Schema) : {}
}
