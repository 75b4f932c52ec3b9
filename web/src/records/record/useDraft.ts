import { useCallback, useState } from 'react'
import type { RecordOut } from '../../api'
import { same, type Values } from '../model'

/**
 * What somebody changed on a record and did not save. The record as it was when they began is kept with it,
 * so that what others save meanwhile is noticed.
 */
export function useDraft(record: RecordOut) {
  const [edits, setEdits] = useState<Values>({})
  const [begun, setBegun] = useState<RecordOut | null>(null)
  const base = begun ?? record
  const change = useCallback(
    (key: string, value: unknown) => {
      setBegun((before) => before ?? record)
      setEdits((before) => {
        const { [key]: _, ...rest } = before
        return same(value, base.values[key]) ? rest : { ...rest, [key]: value }
      })
    },
    [record, base],
  )
  const clear = useCallback(() => {
    setEdits({})
    setBegun(null)
  }, [])
  const keep = useCallback((current: RecordOut, kept: Values) => {
    setBegun(current)
    setEdits(kept)
  }, [])
  return {
    base,
    edits,
    values: { ...record.values, ...edits },
    dirty: Object.keys(edits).length > 0,
    change,
    clear,
    /** Go on from a newer state of the record with some of the edits. */
    keep,
  }
}
