import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { FieldOut, Me, ModuleOut, View } from '../../api'
import { readableFields, usualColumns, type Values } from '../model'

/** What a list shows, whoever decided it: the address first, then the view, then what is usual. */
export interface ListState {
  view: View | null
  where: Values | null
  sort: string[]
  columns: string[]
  /** What is searched for in the titles. */
  search: string
  /** Whether the address says something else than the view. */
  changed: boolean
  /** The filter of the address could not be read. */
  broken: boolean
}

/** The parts of a list's address. */
export interface Address {
  view: string | null
  where: string | null
  sort: string | null
  columns: string | null
  search: string
}

/** Reads the address of a list. */
export function readAddress(params: URLSearchParams): Address {
  return {
    view: params.get('view'),
    where: params.get('where'),
    sort: params.get('sort'),
    columns: params.get('columns'),
    search: params.get('q') ?? '',
  }
}

/** What the address and the view come to. */
export function listState(address: Address, view: View | null, module: ModuleOut, me: Me): ListState {
  const readable = new Set(readableFields(module, me).map((field) => field.key))
  const parsed = parseWhere(address.where)
  const columns = keys(address.columns) ?? view?.definition.columns ?? []
  const sort = keys(address.sort) ?? view?.definition.sort ?? []
  const shown = columns.filter((key) => readable.has(key))
  return {
    view,
    where: parsed === undefined ? (view?.definition.where ?? null) : parsed,
    sort: sort.filter((key) => readable.has(key.replace(/^-/, ''))),
    columns: shown.length > 0 ? shown : usualColumns(module, me),
    search: address.search,
    changed: [address.where, address.sort, address.columns].some((part) => part !== null),
    broken: address.where !== null && parsed === undefined,
  }
}

function keys(text: string | null): string[] | null {
  return text === null ? null : text.split(',').filter(Boolean)
}

/** The condition of the address; null: every record, undefined: not said, or not readable. */
function parseWhere(text: string | null): Values | null | undefined {
  if (text === null) return undefined
  if (text === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Values)
      : undefined
  } catch {
    return undefined
  }
}

const SEARCHED = new Set(['text', 'long_text', 'email', 'phone', 'url', 'auto_number'])

/** The fields that the search box looks into: the title, and where that is a number, a name as well. */
export function searchedFields(module: ModuleOut): FieldOut[] {
  const title = module.fields.find((field) => field.key === module.title_field)
  if (!title) return []
  if (title.type !== 'integer' && title.type !== 'auto_number') return SEARCHED.has(title.type) ? [title] : []
  const name = module.fields.find((field) => field.type === 'text' && !field.system)
  return name ? [title, name] : [title]
}

/** The filter and the search as one condition; null: every record. */
export function wholeWhere(state: ListState, module: ModuleOut): Values | null {
  const parts = searchedFields(module).flatMap((field) => looksLike(field, state.search.trim()))
  if (parts.length === 0) return state.where
  const searched = parts.length === 1 && parts[0] ? parts[0] : { any: parts }
  return state.where ? { all: [state.where, searched] } : searched
}

function looksLike(field: FieldOut, text: string): Values[] {
  if (!text) return []
  if (field.type !== 'integer') return [{ field: field.key, operator: 'contains', value: text }]
  return /^\d{1,15}$/.test(text) ? [{ field: field.key, operator: 'equals', value: Number(text) }] : []
}

/** The order after a click on a column: up, down, as before. */
export function nextSort(sort: string[], key: string): string[] {
  if (sort[0] === key) return [`-${key}`]
  if (sort[0] === `-${key}`) return []
  return [key]
}

type Change = Partial<Record<'view' | 'where' | 'sort' | 'columns' | 'q' | 'new', string | null>>

/** Changes the address of a list; null takes a part out. */
export function useChangeAddress() {
  const [, setParams] = useSearchParams()
  return useCallback(
    (change: Change, replace = false) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before)
          for (const [key, value] of Object.entries(change)) {
            if (value === null || value === undefined) next.delete(key)
            else next.set(key, value)
          }
          return next
        },
        { replace },
      ),
    [setParams],
  )
}

/** The address of the open list, as its parts. */
export function useAddress(): Address {
  const [params] = useSearchParams()
  return useMemo(() => readAddress(params), [params])
}
