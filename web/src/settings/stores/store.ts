/** A file store as the form holds it: every kind's fields, of which only those of its kind are sent. */
export interface Draft {
  kind: 'folder' | 'sftp' | 's3' | 'http'
  key: string
  name: string
  folder: string
  secret: string
  server: string
  port: number
  username: string
  host_key: string
  endpoint: string
  bucket: string
  region: string
  access_key_id: string
  url: string
  sign_in: string
}

/** What the server tells of a store. */
export type Kept = Partial<Draft> & { key: string; name: string; kind: Draft['kind']; has_secret: boolean }

const EMPTY: Draft = {
  kind: 'sftp',
  key: '',
  name: '',
  folder: '',
  secret: '',
  server: '',
  port: 22,
  username: '',
  host_key: '',
  endpoint: '',
  bucket: '',
  region: 'us-east-1',
  access_key_id: '',
  url: '',
  sign_in: 'password',
}

const FIELDS: Record<Draft['kind'], (keyof Draft)[]> = {
  folder: [],
  sftp: ['server', 'port', 'username', 'sign_in', 'host_key'],
  s3: ['endpoint', 'bucket', 'region', 'access_key_id'],
  http: ['url', 'sign_in', 'username'],
}

/** The form for a store that is there, or for a new one. */
export function draftOf(kept: Kept | null): Draft {
  if (!kept) return EMPTY
  const { has_secret: _, ...known } = kept
  return { ...EMPTY, ...known, secret: '' }
}

/** Another kind, with the way of signing in that is usual for it. */
export function ofKind(draft: Draft, kind: Draft['kind']): Draft {
  return { ...draft, kind, sign_in: kind === 'http' ? 'none' : 'password' }
}

/** Which word the secret goes by; null where there is none. */
export function secretOf({ kind, sign_in }: Draft): string | null {
  if (kind === 'folder' || (kind === 'http' && sign_in === 'none')) return null
  return kind === 's3' ? 's3' : sign_in
}

/** What is sent: the fields of its kind, and the secret only where one was entered. */
export function bodyOf(draft: Draft): Record<string, unknown> {
  const keys: (keyof Draft)[] = ['kind', 'key', 'name', 'folder', ...FIELDS[draft.kind]]
  const body: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, draft[key]]))
  return draft.secret && secretOf(draft) ? { ...body, secret: draft.secret } : body
}
