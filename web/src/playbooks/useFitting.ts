import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { listPlaybooksOptions, listStrategiesOptions, type PlaybookLine } from '../api'
import { useModules } from '../records/model'

const NONE: PlaybookLine[] = []

/** Playbooks that are about records of a module, or about what belongs to them as an account. */
export function useFitting(module: string) {
  const found = useQuery({ ...listPlaybooksOptions({ query: { limit: 500 } }), staleTime: 60_000 })
  const modules = useModules().data?.items
  return useMemo(() => {
    const items = found.data?.items ?? NONE
    const own = items.filter((one) => one.module === module)
    const accounts = items.filter((one) => {
      const of = modules?.find((other) => other.key === one.module)
      return one.account && of?.fields.find((field) => field.key === one.account)?.options.target === module
    })
    return { own, accounts }
  }, [found.data, modules, module])
}

/** Whether any strategy is about records of a module. */
export function useHasStrategy(module: string): boolean {
  const found = useQuery({ ...listStrategiesOptions({ query: { module, limit: 1 } }), staleTime: 60_000 })
  return (found.data?.items.length ?? 0) > 0
}
