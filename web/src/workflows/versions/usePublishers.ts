import { useQuery } from '@tanstack/react-query'
import { findPeopleOptions, type Version } from '../../api'

/** The names of those who published versions, by id. */
export function usePublishers(versions: readonly Version[]): ReadonlyMap<number, string> {
  const all = versions.flatMap(({ published_by: id }) => (id === null ? [] : [id]))
  const ids = [...new Set(all)].sort((one, other) => one - other).slice(0, 200)
  const found = useQuery({
    ...findPeopleOptions({ query: { ids, limit: 200 } }),
    enabled: ids.length > 0,
    staleTime: 60_000,
  })
  return new Map(found.data?.users.map((user) => [user.id, user.name]))
}
