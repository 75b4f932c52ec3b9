import type { QueryClient } from '@tanstack/react-query'

const LISTS = new Set(['listRecords', 'countRecords', 'lookUpRecords', 'listRelatedRecords'])
const OF_RECORD = new Set([
  'getRecord',
  'listRecordChanges',
  'listRuns',
  'listRecordDocuments',
  'listRelatedRecords',
])

interface Key {
  _id?: string
  path?: { module?: string; record_id?: string }
}

const partOf = (queryKey: readonly unknown[]): Key => (queryKey[0] ?? {}) as Key

/** The lists of a module are no longer as they were read. */
export function forgetLists(cache: QueryClient, module: string) {
  cache.invalidateQueries({ queryKey: ['find', module] })
  return cache.invalidateQueries({
    predicate: ({ queryKey }) => {
      const { _id = '', path } = partOf(queryKey)
      return LISTS.has(_id) && (path?.module === module || _id === 'listRelatedRecords')
    },
  })
}

/** What is known of one record is no longer so. */
export function forgetRecord(cache: QueryClient, module: string, id: string) {
  return cache.invalidateQueries({
    predicate: ({ queryKey }) => {
      const { _id = '', path } = partOf(queryKey)
      if (_id === 'listRuns') return true
      if (_id === 'listRecords') return path?.module === module
      return OF_RECORD.has(_id) && path?.module === module && path.record_id === id
    },
  })
}
