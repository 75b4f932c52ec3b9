import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '../api'
import { type Modules, type Name, namesOf } from './names'
import type { FormContext, WorkflowDocument } from './types'
import { useModules } from './useCatalogue'

export interface Level {
  names: Name[]
  loading: boolean
}

/** The names of one level that may be used here: what the server says of the block, or of the module. */
export function useNames(context: FormContext, path: string, enabled = true): Level {
  const modules = useModules()
  const asked = useQuery({
    ...variablesOptions(context, path),
    enabled,
    placeholderData: keepPreviousData,
    retry: false,
  })
  const local = useMemo(() => namesOf(modules, context.module, path), [modules, context.module, path])
  const answered = asked.data && !asked.isPlaceholderData ? asked.data.items : undefined
  return { names: answered ?? local, loading: asked.isFetching && !answered && local.length === 0 }
}

function variablesOptions(context: FormContext, path: string) {
  const { module, document, node } = context
  return queryOptions({
    // What a block is set to does not change which names there are, so it is no part of the key.
    queryKey: ['names', module, node, path, document && outline(document)],
    queryFn: async ({ signal }) => {
      if (document && node) {
        const body = { document: { ...document }, module, node, path }
        return (await api.listVariables({ body, signal, throwOnError: true })).data
      }
      if (!module) return { items: [] }
      return (await api.listTemplateVariables({ body: { module, path }, signal, throwOnError: true })).data
    },
    staleTime: 60_000,
  })
}

function outline(document: WorkflowDocument): unknown {
  const nodes = document.nodes.map((one) => [one.key, one.block, one.config?.trigger ?? null])
  return [nodes, 'edges' in document ? document.edges : null]
}

/** Names below the links of a level, so that a search finds them without opening each. */
export function namesBelow(modules: Modules, module: string | null, level: Name[]): Name[] {
  return level
    .filter((one) => one.path !== null && one.field_type !== 'line_items')
    .flatMap((one) => namesOf(modules, module, one.path ?? ''))
}

/** The names that a search finds: every word in the label, the group or the name. */
export function found(names: Name[], typed: string): Name[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return names.filter((one) => {
    const whole = `${one.group} ${one.label} ${one.name}`.toLocaleLowerCase()
    return words.every((word) => whole.includes(word))
  })
}
