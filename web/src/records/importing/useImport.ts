import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { getImportOptions, type Import } from '../../api'
import { live } from '../../app/live'

const UNDER_WAY = new Set(['queued', 'running'])

/** Whether an import is not over yet. */
export function isUnderWay(found: Import): boolean {
  return UNDER_WAY.has(found.status)
}

/** One import, as far as it is: told by the server, and asked for as long as it goes on. */
export function useImport(id: number | null) {
  const cache = useQueryClient()
  const options = getImportOptions({ path: { import_id: id ?? 0 } })
  useEffect(
    () =>
      live.on('imports', (data) => {
        const { ids } = data as { ids: number[] }
        if (id !== null && ids.includes(id)) cache.invalidateQueries({ queryKey: options.queryKey })
      }),
    [cache, id, options.queryKey],
  )
  return useQuery({
    ...options,
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && !isUnderWay(state.data) ? false : 1_000),
  })
}

/** How many seconds are left at the pace so far; null: nobody can tell yet. */
export function remaining(found: Import, now = Date.now()): number | null {
  if (!found.started_at || !found.total || found.done === 0) return null
  const gone = (now - new Date(found.started_at).getTime()) / 1000
  return gone <= 0 ? null : (gone / found.done) * (found.total - found.done)
}

/** How many rows a second are dealt with, so far or in all. */
export function pace(found: Import, now = Date.now()): number | null {
  if (found.rows_per_second !== null) return found.rows_per_second
  if (!found.started_at || found.done === 0) return null
  const gone = (now - new Date(found.started_at).getTime()) / 1000
  return gone <= 0 ? null : found.done / gone
}
