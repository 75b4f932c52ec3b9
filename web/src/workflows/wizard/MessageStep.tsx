import { Skeleton } from '@mantine/core'
import { useMemo } from 'react'
import type { FieldProblem } from '../../api'
import { type Config, type FormContext, NodeForm } from '../../form'
import { useCatalogue } from '../../form/useCatalogue'

interface Props {
  module: string | null
  start: Config
  message: Config
  onChange: (message: Config) => void
  problems: FieldProblem[]
}

/** The form of the block "Send text message", with the variables that it will have. */
export function MessageStep({ module, start, message, onChange, problems }: Props) {
  const schema = useCatalogue()?.blocks.find((one) => one.key === 'send_text')?.config
  const context = useMemo<FormContext>(() => {
    const nodes = [
      { key: 'start', block: 'start', config: { ...start, trigger: 'schedule', each_record: true } },
      { key: 'text', block: 'send_text', config: message },
    ]
    const edges = [{ from: 'start', port: 'next', to: 'text' }]
    return {
      module,
      document: { format: 1, nodes, edges, settings: {} } as never,
      node: 'text',
      record: null,
    }
  }, [module, start, message])
  if (!schema) return <Skeleton h={200} />
  return (
    <NodeForm schema={schema} value={message} onChange={onChange} context={context} problems={problems} />
  )
}
