/** What is asked at the first start. */
export interface Answers {
  token: string
  name: string
  email: string
  password: string
  organisation: string
  timeZone: string
  packs: string[]
}

/** Which answers are asked for at which step. */
export const STEPS = [['token', 'name', 'email', 'password'], ['organisation', 'time_zone'], ['packs']]

/** Nothing but the token that the address brings along (`#token=…`), and this computer's time zone. */
export function emptyAnswers(hash: string): Answers {
  const token = tokenIn(hash)
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return { token, name: '', email: '', password: '', organisation: '', timeZone, packs: [] }
}

/** The token that the address brings along; empty where it brings none. */
export function tokenIn(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''
}

/** Every time zone that this browser knows, UTC among them. */
export function timeZones(): string[] {
  return [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])].sort()
}
