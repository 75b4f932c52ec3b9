import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { listTasksInfiniteOptions, listTasksOptions, type Task } from '../api'

const MOST = 500

interface Found {
  tasks: Task[] | undefined
  error: unknown
  retry: () => void
  /** Gets the next page; null: there is none. */
  more: (() => void) | null
  /** There are more than are fetched here. */
  cut: boolean
  loadingMore: boolean
}

/** The tasks to do, open and begun together; or those that are done. */
export function useTasks(done: boolean, everyone: boolean): Found {
  const of = (status: 'open' | 'in_progress') => ({
    ...listTasksOptions({ query: { status, everyone, limit: MOST } }),
    enabled: !done,
  })
  const open = useQuery(of('open'))
  const begun = useQuery(of('in_progress'))
  const finished = useInfiniteQuery({
    ...listTasksInfiniteOptions({ query: { status: 'done', everyone, limit: 100 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: done,
  })
  if (done)
    return {
      tasks: finished.data?.pages.flatMap((page) => page.items),
      error: finished.error,
      retry: () => finished.refetch(),
      more: finished.hasNextPage ? () => finished.fetchNextPage() : null,
      cut: finished.hasNextPage,
      loadingMore: finished.isFetchingNextPage,
    }
  return {
    tasks: open.data && begun.data && [...open.data.items, ...begun.data.items],
    error: open.error ?? begun.error,
    retry: () => {
      open.refetch()
      begun.refetch()
    },
    more: null,
    cut: [open, begun].some((one) => one.data?.next_cursor),
    loadingMore: false,
  }
}
