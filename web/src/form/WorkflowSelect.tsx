import { useQuery } from '@tanstack/react-query'
import { listWorkflowsOptions } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the workflows that are active. */
export function WorkflowSelect(input: InputProps<string | null>) {
  const found = useQuery({
    ...listWorkflowsOptions({ query: { state: 'active', limit: 500 } }),
    staleTime: 30_000,
  })
  return (
    <KeySelect items={found.data?.items} placeholder={t.chooseWorkflow} none={t.noWorkflows} {...input} />
  )
}
