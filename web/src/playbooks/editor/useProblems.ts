import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type FaultOut } from '../../api'
import type { Drawing } from './drawing'

const NONE: FaultOut[] = []

/** What the server finds missing or wrong in the drawing, a moment after it changed. */
export function useProblems(key: string, drawing: Drawing) {
  const [asked] = useDebouncedValue(drawing, 400)
  const found = useQuery({
    queryKey: [{ _id: 'checkPlaybook', key, asked }],
    queryFn: async ({ signal }) =>
      (await api.checkPlaybook({ path: { key }, body: { definition: asked }, signal, throwOnError: true }))
        .data,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  })
  return {
    problems: found.data?.problems ?? NONE,
    checking: found.isFetching || asked !== drawing,
    known: found.data !== undefined,
    error: found.error,
  }
}
