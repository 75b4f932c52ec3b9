import { useQueryClient } from '@tanstack/react-query'
import { type AiProviders, listAiProvidersQueryKey } from '../../api'

/** Shows the list that the server answered a change with. */
export function useShowProviders() {
  const cache = useQueryClient()
  return (data: AiProviders) => cache.setQueryData(listAiProvidersQueryKey(), data)
}
