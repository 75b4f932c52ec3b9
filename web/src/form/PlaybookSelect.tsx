import { useQuery } from '@tanstack/react-query'
import { listPlaybooksOptions } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the playbooks; drafts, too, since it has to be published by then only. */
export function PlaybookSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listPlaybooksOptions({ query: { limit: 100 } }), staleTime: 30_000 })
  return (
    <KeySelect items={found.data?.items} placeholder={t.choosePlaybook} none={t.noPlaybooks} {...input} />
  )
}
