/** What the list is asked for, as it stands in the page's address. */
export interface Wanted {
  search: string
  module: string | null
  state: State | null
  category: Category | null
  sort: Sort
}

export const STATES = ['active', 'disabled', 'draft', 'archived'] as const
export const CATEGORIES = ['customer', 'admin', 'finance'] as const
export const SORTS = ['last_run', 'name', 'updated', 'created'] as const
export type State = (typeof STATES)[number]
export type Category = (typeof CATEGORIES)[number]
export type Sort = (typeof SORTS)[number]

function oneOf<T extends string>(known: readonly T[], value: string | null): T | null {
  return known.find((item) => item === value) ?? null
}

/** The filters in an address; what is not known is as if it were not there. */
export function wantedOf(params: URLSearchParams): Wanted {
  return {
    search: params.get('search')?.slice(0, 200) ?? '',
    module: params.get('module') || null,
    state: oneOf(STATES, params.get('state')),
    category: oneOf(CATEGORIES, params.get('category')),
    sort: oneOf(SORTS, params.get('sort')) ?? 'last_run',
  }
}

/** The address with one filter changed; an empty value takes it out. Everything else in it stays. */
export function withFilter(params: URLSearchParams, name: keyof Wanted, value: string | null) {
  const next = new URLSearchParams(params)
  if (value && !(name === 'sort' && value === 'last_run')) next.set(name, value)
  else next.delete(name)
  return next
}

/** Whether anything is left out of the list. */
export const isFiltered = (wanted: Wanted) =>
  Boolean(wanted.search || wanted.module || wanted.state || wanted.category)

/** What the server is asked: no empty values. */
export function asked({ search, module, state, category, sort }: Wanted) {
  return {
    ...(search && { search }),
    ...(module && { module }),
    ...(state && { state }),
    ...(category && { category }),
    sort,
  }
}
