import { useQuery } from '@tanstack/react-query'
import { listGroupsOptions } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One group, found by name. */
export function GroupSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listGroupsOptions({ query: { limit: 200 } }), staleTime: 60_000 })
  return <KeySelect items={found.data?.items} placeholder={t.chooseGroup} none={t.noGroups} {...input} />
}
