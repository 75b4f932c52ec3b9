import { Skeleton } from '@mantine/core'
import { useMemo } from 'react'
import type { FieldProblem } from '../../api'
import { type Config, NOWHERE, NodeForm } from '../../form'
import { useCatalogue } from '../../form/useCatalogue'
import { without } from './answers'

interface Props {
  start: Config
  onChange: (start: Config) => void
  problems: FieldProblem[]
}

const DECIDED = ['each_record']

/** When: the form of the trigger itself, so that it can say here whatever it can say in the editor. */
export function WhenStep({ start, onChange, problems }: Props) {
  const catalogue = useCatalogue()
  const schema = useMemo(() => {
    const trigger = catalogue?.triggers.find((one) => one.key === 'schedule')
    return trigger ? without(trigger.config, DECIDED) : null
  }, [catalogue])
  if (!schema) return <Skeleton h={160} />
  return <NodeForm schema={schema} value={start} onChange={onChange} context={NOWHERE} problems={problems} />
}
