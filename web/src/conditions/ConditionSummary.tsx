import { Text } from '@mantine/core'
import { useModules, useOperators } from '../form/useCatalogue'
import { conditionInWords } from './inWords'
import type { Condition } from './tree'

interface Props {
  module: string | null
  value: Condition | null
}

/** A condition in one sentence. */
export function ConditionSummary({ module, value }: Props) {
  const modules = useModules()
  const operators = useOperators()
  return (
    <Text span inherit>
      {conditionInWords(value, module, modules, operators)}
    </Text>
  )
}
