import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { getCatalogueOptions, listModulesOptions, type ModuleOut, type OperatorOut } from '../api'
import type { Modules } from './names'

const NO_MODULES: Modules = new Map<string, ModuleOut>()
const NO_OPERATORS: OperatorOut[] = []

/** What workflows are made of; it changes only when a package is installed. */
export function useCatalogue() {
  return useQuery({ ...getCatalogueOptions(), staleTime: Number.POSITIVE_INFINITY }).data
}

export function useOperators(): OperatorOut[] {
  return useCatalogue()?.operators ?? NO_OPERATORS
}

/** Every module with its fields, by key. Empty until they have come. */
export function useModules(): Modules {
  const found = useQuery({ ...listModulesOptions(), staleTime: 60_000 }).data
  return useMemo(() => (found ? new Map(found.items.map((one) => [one.key, one])) : NO_MODULES), [found])
}
