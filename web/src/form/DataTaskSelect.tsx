import { useQuery } from '@tanstack/react-query'
import { listDataTasksOptions } from '../api'
import { dataTasks as t } from '../text/dataTasks'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the saved data tasks. */
export function DataTaskSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listDataTasksOptions({ query: { limit: 500 } }), staleTime: 30_000 })
  return <KeySelect items={found.data?.items} placeholder={t.choose} none={t.none} {...input} />
}
