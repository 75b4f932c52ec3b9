import { connection } from './connection'
import { signedInAgain } from './expiry'
import { client } from './generated/client.gen'
import { ApiProblem } from './problem'
import { onceIfPressedTwice } from './twice'

/** Paths where "not signed in" is the answer itself, and no reason to ask for a password. */
const OPEN = ['/api/v1/session', '/api/v1/setup']

/**
 * The one way to the server. A POST carries a key, so that sending it again does nothing twice, and a
 * double-click sends it once; a session that ended asks for the password over the page that is open, and the request goes on afterwards.
 */
export async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key'))
    request.headers.set('Idempotency-Key', randomKey())
  quoteTag(request.headers)
  return onceIfPressedTwice(request, async () => {
    const response = await attempt(request.clone())
    if (response.status !== 401 || isOpen(request) || !(await signedInAgain())) return response
    return attempt(request)
  })
}

/** Things hold their ETag bare; the header has it in quotes (RFC 9110, 8.8.3). */
function quoteTag(headers: Headers) {
  const tag = headers.get('If-Match')
  if (tag && tag !== '*' && !tag.startsWith('"')) headers.set('If-Match', `"${tag}"`)
}

async function attempt(request: Request): Promise<Response> {
  try {
    const response = await fetch(request)
    connection.heard(response.status)
    return response
  } catch (error) {
    if (request.signal.aborted) throw error
    connection.lost()
    throw new ApiProblem(0, {
      code: 'unreachable',
      title: 'No connection',
      detail: 'The server could not be reached.',
      suggestion: 'What you wrote is kept here. It is sent when the connection is back.',
    })
  }
}

function isOpen(request: Request): boolean {
  const path = new URL(request.url).pathname
  return OPEN.includes(path)
}

/** 128 random bits; crypto.randomUUID exists on https and localhost only. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

client.setConfig({ baseUrl: '', fetch: send as typeof fetch, throwOnError: true, credentials: 'same-origin' })
client.interceptors.error.use((error, response) => {
  if (error instanceof ApiProblem || !response) return error
  const wait = Number(response.headers.get('Retry-After'))
  const document =
    typeof error === 'object' && error !== null ? error : { detail: String(error || response.statusText) }
  return new ApiProblem(response.status, document, Number.isFinite(wait) && wait > 0 ? wait : null)
})

export { client }
