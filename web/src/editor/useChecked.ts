import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../api'
import type { WorkflowDocument } from './document'

/** What the server knows of a drawing that does not change: exits, summaries, problems. */
export function useChecked(document: WorkflowDocument, module: string | null, enabled = true) {
  return useQuery({
    queryKey: ['checked', module, document],
    enabled,
    staleTime: 60_000,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const body = { document: { ...document }, module }
      return (await api.checkWorkflow({ body, signal, throwOnError: true })).data
    },
  })
}
