import { useQuery } from '@tanstack/react-query'
import { listFileStoreChoicesOptions } from '../api'
import { stores as t } from '../text/documents'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the file stores that administrators have set up. */
export function FileStoreSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listFileStoreChoicesOptions(), staleTime: 30_000 })
  return <KeySelect items={found.data?.items} placeholder={t.choose} none={t.noStores} {...input} />
}
