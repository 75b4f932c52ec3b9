import { useQuery } from '@tanstack/react-query'
import { getQuotasOptions } from '../../api'
import { type Quota, quotaOf } from './quota'

/** How many workflows there may be, as it is now. */
export function useQuota(): Quota {
  return quotaOf(useQuery(getQuotasOptions()).data)
}
