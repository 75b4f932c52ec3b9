import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  changeMeMutation,
  changeViewMutation,
  createViewMutation,
  deleteViewMutation,
  getMeQueryKey,
  listViewsOptions,
  type View,
} from '../../api'
import { useMe } from '../../app/useMe'

const preference = (module: string) => `view:${module}`

/** The saved views of a module, and what one may do with them. */
export function useViews(module: string) {
  const cache = useQueryClient()
  const me = useMe()
  const options = listViewsOptions({ query: { module } })
  const found = useQuery({ ...options, staleTime: 60_000 })
  const refresh = () => cache.invalidateQueries({ queryKey: options.queryKey })
  const put = (view: View) => {
    cache.setQueryData(options.queryKey, (before) => ({
      items: [...(before?.items ?? []).filter((one) => one.id !== view.id), view].sort((a, b) =>
        a.name.localeCompare(b.name),
      ),
    }))
  }
  const create = useMutation({ ...createViewMutation(), onSuccess: put })
  const change = useMutation({ ...changeViewMutation(), onSuccess: put, onError: refresh })
  const remove = useMutation({ ...deleteViewMutation(), onSettled: refresh })
  const prefer = useMutation({
    ...changeMeMutation(),
    onSuccess: () => cache.invalidateQueries({ queryKey: getMeQueryKey() }),
  })
  const preferred = me.preferences[preference(module)]
  return {
    found,
    views: found.data?.items ?? [],
    /** The id of the view with which the list opens, if one was chosen. */
    preferred: typeof preferred === 'number' ? preferred : null,
    prefer: (id: number | null) =>
      prefer.mutateAsync({ body: { preferences: { [preference(module)]: id } } }),
    create,
    change,
    remove,
  }
}
