import type { AuditEntry } from '../api'
import { format, t } from '../text'
import { settings } from '../text/settings'

const words = settings.audit

/** "set_mail" as people read it: "Set mail". */
export function sentence(key: string): string {
  const said = key.replaceAll('_', ' ')
  return said.charAt(0).toUpperCase() + said.slice(1)
}

/** "workflow:claim_disputed" as its kind and what it is called: "Workflow", "claim_disputed". */
export function subjectOf(subject: string): { kind: string; name: string } {
  const [kind = '', ...name] = subject.split(':')
  return { kind: words.kinds[kind] ?? sentence(kind), name: name.join(' ') }
}

const PLACES: Record<string, (name: string) => string> = {
  workflow: (key) => `/workflows/${key}`,
  playbook: (key) => `/playbooks/${key}`,
  strategy: (key) => `/strategies/${key}`,
  template: (key) => `/templates/${key}`,
  data_task: (key) => `/data-tasks/${key}`,
  module: (key) => `/settings/modules/${key}`,
  run: (id) => `/runs/${id}`,
  bulk_run: (id) => `/runs/bulk/${id}`,
}

/** Where the thing itself is, unless the deed was its end. */
export function pathOf({ action, subject }: Pick<AuditEntry, 'action' | 'subject'>): string | null {
  const [kind = '', name] = subject.split(':')
  const place = PLACES[kind]
  return place && name && !/^(delete|remove|detach|erase)_/.test(action) ? place(name) : null
}

/** What went along, one thing a line: ["Members", "3"]. Empty ones are left out. */
export function detailsOf(details: AuditEntry['details']): [label: string, value: string][] {
  return Object.entries(details)
    .map(([key, value]): [string, string] => [sentence(key), inWords(value)])
    .filter(([, value]) => value !== '')
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no
  if (typeof value === 'number') return format.number(value)
  if (Array.isArray(value)) return value.map(inWords).filter(Boolean).join(', ')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([key, one]) => [sentence(key), inWords(one)])
      .filter(([, one]) => one)
      .map(([key, one]) => `${key}: ${one}`)
      .join('; ')
  const text = String(value)
  return /^\d{4}-\d\d-\d\d$/.test(text) ? format.date(text) : text
}
