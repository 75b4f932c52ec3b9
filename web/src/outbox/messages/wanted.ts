import type { ListMessagesData, Message } from '../../api'

export type Status = Message['status']
export type Channel = Message['channel']
export const CHANNELS: readonly Channel[] = ['email', 'text', 'chat']
export const STATUSES: readonly Status[] = ['held', 'queued', 'failed', 'uncertain', 'sent', 'discarded']
export const EVERY_STATUS: readonly Status[] = [...STATUSES, 'sending']

/** Which messages are shown, as it stands in the page's address. */
export interface Wanted {
  status: Status | null
  channel: Channel | null
  workflow: number | null
  run: number | null
  search: string
}

const numberIn = (text: string | null) => (text && /^[1-9]\d{0,17}$/.test(text) ? Number(text) : null)

/** The filters in an address; what is not known is as if it were not there. */
export function wantedOf(params: URLSearchParams): Wanted {
  const status = params.get('status')
  return {
    status: EVERY_STATUS.find((known) => known === status) ?? null,
    channel: CHANNELS.find((known) => known === params.get('channel')) ?? null,
    workflow: numberIn(params.get('workflow')),
    run: numberIn(params.get('run')),
    search: params.get('search')?.slice(0, 254) ?? '',
  }
}

/** The address with some filters changed; an empty value takes one out. */
export function withFilters(
  params: URLSearchParams,
  changes: Record<string, string | null>,
): URLSearchParams {
  const next = new URLSearchParams(params)
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value)
    else next.delete(name)
  }
  return next
}

/** What the server is asked: no empty values. */
export function asked({
  status,
  channel,
  workflow,
  run,
  search,
}: Wanted): NonNullable<ListMessagesData['query']> {
  return {
    ...(status && { status }),
    ...(channel && { channel }),
    ...(workflow && { workflow_id: workflow }),
    ...(run && { run_id: run }),
    ...(search && { recipient: search }),
  }
}

/** What a person may decide about messages of a status. */
export const DECISIONS: Record<Status, { release: boolean; discard: boolean; resolve: boolean }> = {
  held: { release: true, discard: true, resolve: false },
  queued: { release: false, discard: true, resolve: false },
  uncertain: { release: false, discard: true, resolve: true },
  sending: { release: false, discard: false, resolve: false },
  sent: { release: false, discard: false, resolve: false },
  failed: { release: false, discard: false, resolve: false },
  discarded: { release: false, discard: false, resolve: false },
}

/** Whether anything can be decided about messages of a status. */
export function isOpen(status: Status): boolean {
  const { release, discard, resolve } = DECISIONS[status]
  return release || discard || resolve
}
