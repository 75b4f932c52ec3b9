import { useQuery } from '@tanstack/react-query'
import { getMeOptions, type Me } from '../api'

/** Who is signed in, and their rights. Inside the frame it is always there. */
export function useMe(): Me {
  const me = useQuery({ ...getMeOptions(), staleTime: 60_000 })
  if (!me.data) throw new Error('useMe is for pages inside the frame.')
  return me.data
}

type Action = 'read' | 'create' | 'update' | 'delete'

/** Whether one may do this in a module, to some record at least. The server decides; this only hides buttons. */
export function may(me: Me, action: Action, module: string): boolean {
  return me.administrator || (me.modules[module]?.[action] ?? 'none') !== 'none'
}
