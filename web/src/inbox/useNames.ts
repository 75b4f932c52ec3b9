import { useQuery } from '@tanstack/react-query'
import { findPeopleOptions, type Task } from '../api'

/** What the people and groups of some tasks are called. */
export interface Names {
  user: (id: number) => string | undefined
  group: (id: number) => string | undefined
}

/** The names behind the ids that tasks hold. */
export function useNames(tasks: readonly Pick<Task, 'assignee_user_id'>[]): Names {
  const ids = [...new Set(tasks.flatMap(({ assignee_user_id: id }) => (id === null ? [] : [id])))]
    .sort()
    .slice(0, 200)
  const users = useQuery({
    ...findPeopleOptions({ query: { ids, limit: 200 } }),
    enabled: ids.length > 0,
    staleTime: 60_000,
  })
  const groups = useQuery({ ...findPeopleOptions({ query: { limit: 200 } }), staleTime: 60_000 })
  return {
    user: (id) => users.data?.users.find((one) => one.id === id)?.name,
    group: (id) => groups.data?.groups.find((one) => one.id === id)?.name,
  }
}
