import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { lookUpRecordsOptions } from '../../api'

/** With which record a template is shown. */
export interface PreviewRecord {
  module: string | null
  record: string | null
  /** Of a template that is about no module, one is chosen to try it with. */
  chooseModule: (module: string | null) => void
  chooseRecord: (record: string | number | null) => void
}

/** The record that a template is shown with: the newest one until somebody chooses. */
export function usePreviewRecord(own: string | null): PreviewRecord {
  const [other, setOther] = useState<string | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const module = own ?? other
  const newest = useQuery({
    ...lookUpRecordsOptions({ path: { module: module ?? '' }, query: { limit: 1 } }),
    enabled: module !== null,
  })
  return {
    module,
    record: chosen ?? newest.data?.items[0]?.id ?? null,
    chooseModule(key) {
      setOther(key)
      setChosen(null)
    },
    chooseRecord: (id) => setChosen(id === null ? null : String(id)),
  }
}
