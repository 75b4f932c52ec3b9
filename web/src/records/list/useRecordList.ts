import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { countRecordsOptions, listRecordsInfiniteOptions, type ModuleOut } from '../../api'
import type { Titles } from '../model'
import { type ListState, wholeWhere } from './state'

const AT_ONCE = 50

/** The records of a list, page after page. How many there are is asked once the first page is there. */
export function useRecordList(module: ModuleOut, state: ListState) {
  const where = wholeWhere(state, module)
  const query = where ? { where: JSON.stringify(where) } : {}
  const fields = withTitle(module, state.columns)
  const pages = useInfiniteQuery({
    ...listRecordsInfiniteOptions({
      path: { module: module.key },
      query: {
        ...query,
        limit: AT_ONCE,
        titles: true,
        fields: fields.join(','),
        ...(state.sort.length > 0 ? { sort: state.sort.join(',') } : {}),
      },
    }),
    initialPageParam: { path: { module: module.key } },
    getNextPageParam: (page) => page.next_cursor,

    placeholderData: (before) => before,
  })
  const count = useQuery({
    ...countRecordsOptions({ path: { module: module.key }, query }),
    enabled: pages.isSuccess && !pages.isPlaceholderData,
    placeholderData: (before) => before,
  })
  const records = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data])
  const titles = useMemo(() => merged(pages.data?.pages.map((page) => page.titles) ?? []), [pages.data])
  return { pages, count, records, titles, where }
}

/** The title is always asked for: the row's name for screen readers, and its link. */
function withTitle(module: ModuleOut, columns: string[]): string[] {
  const title = module.title_field
  return title && !columns.includes(title) ? [...columns, title] : columns
}

function merged(pages: Titles[]): Titles {
  const all: Titles = {}
  for (const titles of pages)
    for (const [field, named] of Object.entries(titles)) all[field] = { ...all[field], ...named }
  return all
}
