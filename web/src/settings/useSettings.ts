import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getMeQueryKey, getSettingsOptions, getSettingsQueryKey, type SettingsOut } from '../api'
import { sayDone } from '../parts/saying'

/** What is set now, for pages that show it once it is there. */
export function useSettings() {
  return useQuery({ ...getSettingsOptions(), staleTime: 0 })
}

/** Saves one part of the settings, then shows what the server made of it. */
export function useSave<Sent>(save: (sent: Sent) => Promise<{ data: SettingsOut }>, said: string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: save,
    onSuccess: ({ data }) => {
      cache.setQueryData(getSettingsQueryKey(), data)
      cache.invalidateQueries({ queryKey: getMeQueryKey() })
      sayDone(said)
    },
  })
}
