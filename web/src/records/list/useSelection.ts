import { useCallback, useMemo, useState } from 'react'

export interface Selection {
  ids: Set<string>
  /** Every record that meets the filter, whether it is shown or not. */
  all: boolean
  toggle: (id: string) => void
  set: (ids: string[]) => void
  selectAll: () => void
  clear: () => void
}

/** Which records of a list are selected. */
export function useSelection(): Selection {
  const [ids, setIds] = useState<Set<string>>(() => new Set())
  const [all, setAll] = useState(false)
  const toggle = useCallback((id: string) => {
    setAll(false)
    setIds((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  const set = useCallback((wanted: string[]) => {
    setAll(false)
    setIds(new Set(wanted))
  }, [])
  const selectAll = useCallback(() => setAll(true), [])
  const clear = useCallback(() => {
    setAll(false)
    setIds((before) => (before.size === 0 ? before : new Set()))
  }, [])
  return useMemo(
    () => ({ ids, all, toggle, set, selectAll, clear }),
    [ids, all, toggle, set, selectAll, clear],
  )
}
