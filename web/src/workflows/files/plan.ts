import type { SentFile, SentFiles } from '../../api'

/** What a person chose about a plan: files that are left out, and whether what would be lost may be lost. */
export interface Choice {
  left: ReadonlySet<string>
  accepted: boolean
}

export type Action = SentFile['action']

const ORDER: Action[] = ['refused', 'remove', 'change', 'create', 'same']

/** Whether something is done about it. */
export const changes = ({ action }: SentFile) => action !== 'same' && action !== 'refused'

/** What is to be applied. */
export function chosenOf(plan: SentFiles, left: ReadonlySet<string>): SentFile[] {
  return plan.documents.filter((one) => changes(one) && !left.has(one.file))
}

/** Every sentence about something that would be lost by what is chosen, with the file that it is about. */
export function lossesOf(chosen: SentFile[]): { file: string; name: string; line: string }[] {
  return chosen.flatMap((one) =>
    one.lost.map((line) => ({ file: one.file, name: one.name || one.file, line })),
  )
}

/** What needs a look first: what is refused or goes, then what changes; what stays as it is comes last. */
export function inOrder(documents: SentFile[]): SentFile[] {
  return [...documents].sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action))
}

/** The files that are not as they were in the plan before. */
export function differentSince(before: SentFiles, now: SentFiles): ReadonlySet<string> {
  const known = new Map(before.documents.map((one) => [one.file, one.etag]))
  return new Set(now.documents.filter((one) => known.get(one.file) !== one.etag).map((one) => one.file))
}

const PLACES: Record<string, string> = {
  workflow: '/workflows',
  playbook: '/playbooks',
  strategy: '/strategies',
  template: '/templates',
  data_task: '/data-tasks',
}

/** Where the thing itself is; null for what went, or is not there. */
export function pathOf({ kind, key, action }: Pick<SentFile, 'kind' | 'key' | 'action'>): string | null {
  const place = kind ? PLACES[kind] : undefined
  return place && key && action !== 'remove' && action !== 'refused' ? `${place}/${key}` : null
}
