import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import {
  api,
  asProblem,
  type FieldOut,
  getRecordQueryKey,
  listRecordChangesQueryKey,
  type ModuleOut,
  type RecordOut,
} from '../../api'
import { useMe } from '../../app/useMe'
import { linesToSend } from '../fields/LineItems'
import { maySet, same, useModules, type Values } from '../model'
import { forgetLists, forgetRecord } from './cache'

/** Two people changed the same fields: which, and how the record is now. */
export interface Conflict {
  base: RecordOut
  current: RecordOut
  edits: Values
  fields: FieldOut[]
}

export type Saved = { record: RecordOut; merged: boolean } | { conflict: Conflict }

/**
 * Saves edits of a record as it was when they began. Where somebody changed other fields meanwhile, both
 * changes are kept; where it was the same field, the answer says so and nothing is written.
 */
export function useSave(module: ModuleOut) {
  const cache = useQueryClient()
  const me = useMe()
  const modules = useModules()
  return useCallback(
    async (base: RecordOut, edits: Values): Promise<Saved> => {
      const body: Values = {}
      for (const [key, value] of Object.entries(edits)) {
        const field = module.fields.find((one) => one.key === key)
        const child = modules.data?.items.find((one) => one.key === field?.options.target)
        body[key] =
          field?.type === 'line_items' && child
            ? linesToSend(value, child, (one) => maySet(child, one, me, 'update'))
            : value
      }
      const path = { module: module.key, record_id: base.id }
      const seen = (record: RecordOut) => {
        cache.setQueryData(getRecordQueryKey({ path }), record)
        forgetLists(cache, module.key)
        forgetRecord(cache, module.key, base.id)
        cache.invalidateQueries({ queryKey: listRecordChangesQueryKey({ path }) })
      }
      let etag = base.etag
      for (let merged = false, tries = 0; ; merged = true, tries += 1) {
        try {
          const { data } = await api.changeRecord({
            path,
            body,
            headers: { 'If-Match': etag },
            throwOnError: true,
          })
          seen(data)
          return { record: data, merged }
        } catch (error) {
          if (!asProblem(error).conflict || tries > 4) throw error
        }
        const { data: current } = await api.getRecord({ path, throwOnError: true })
        const fields = contested(module, base, current, edits)
        if (fields.length > 0) return { conflict: { base, current, edits, fields } }
        etag = current.etag
      }
    },
    [cache, me, module, modules.data],
  )
}

/** The fields that both sides changed, and not to the same. */
export function contested(module: ModuleOut, base: RecordOut, current: RecordOut, edits: Values): FieldOut[] {
  return module.fields.filter(
    ({ key }) =>
      key in edits && !same(base.values[key], current.values[key]) && !same(edits[key], current.values[key]),
  )
}
