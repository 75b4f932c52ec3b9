import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { listModulesOptions } from '../api'

/** What modules are called, by key. */
export function useModuleNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({ ...listModulesOptions(), staleTime: 60_000 })
  return useMemo(() => new Map(data?.items.map((one) => [one.key, one.label_plural])), [data])
}
