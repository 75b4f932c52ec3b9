import type { ListRunsData } from '../api'

type Query = NonNullable<ListRunsData['query']>
type Status = NonNullable<Query['status']>

export const STATUSES: Status[] = [
  'queued',
  'running',
  'waiting',
  'held',
  'succeeded',
  'partial',
  'failed',
  'cancelled',
]
export const CAUSES = [
  'record_created',
  'record_updated',
  'record_deleted',
  'stage_entered',
  'schedule',
  'date_reached',
  'manual',
  'rerun',
]
/** What the address of the page may say. */
export const KEYS = ['status', 'workflow', 'module', 'record_id', 'started_by', 'since', 'until'] as const

/** The filter in the page's address as the API takes it; days are whole ones of this browser's time zone. */
export function queryOf(params: URLSearchParams): Query {
  const text = (key: string) => params.get(key) || undefined
  const status = STATUSES.find((known) => known === text('status'))
  return {
    status,
    workflow: text('workflow'),
    module: text('module'),
    record_id: text('record_id'),
    started_by: text('started_by'),
    since: dayStart(text('since'), 0),
    until: dayStart(text('until'), 1),
  }
}

function dayStart(day: string | undefined, later: number): string | undefined {
  const [year, month, date] = (day ?? '').split('-').map(Number)
  if (!year || !month || !date) return undefined
  return new Date(year, month - 1, date + later).toISOString()
}

/** The address of the same runs as a file. */
export function exportAddress(query: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value) params.set(key, String(value))
  return `/api/v1/runs/export?${params}`
}
