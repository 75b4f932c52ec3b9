import type { Task } from '../api'

export const WHOSE = ['all', 'mine', 'groups', 'everyone'] as const
export type Whose = (typeof WHOSE)[number]

/** Which tasks are shown, as it stands in the page's address. */
export interface Wanted {
  done: boolean
  whose: Whose
  search: string
}

/** The filters in an address; what is not known is as if it were not there. */
export function wantedOf(params: URLSearchParams): Wanted {
  return {
    done: params.get('show') === 'done',
    whose: WHOSE.find((known) => known === params.get('whose')) ?? 'all',
    search: params.get('search')?.slice(0, 200) ?? '',
  }
}

type Sought = Pick<Task, 'title' | 'description' | 'assignee_user_id' | 'assignee_group_id'>

/** Those that fit: of whom, and with all the words somewhere in them, however they are written. */
export function fitting<T extends Sought>(tasks: readonly T[], { whose, search }: Wanted, me: number): T[] {
  const words = folded(search).split(/\s+/).filter(Boolean)
  return tasks.filter((task) => {
    if (whose === 'mine' && task.assignee_user_id !== me) return false
    if (whose === 'groups' && (task.assignee_group_id === null || task.assignee_user_id === me)) return false
    const text = folded(`${task.title} ${task.description ?? ''}`)
    return words.every((word) => text.includes(word))
  })
}

/** Without case and accents: "Καλέστε" is found by "καλεστε". */
const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
