/** How long after the first press another one counts as the same: a double-click, not a second wish. */
const SAME_PRESS = 700
const SAFE = ['GET', 'HEAD', 'OPTIONS']

interface Sent {
  said: string
  at: number
  answer: Promise<Response>
}

/** The last change that was sent to each address. */
const last = new Map<string, Sent>()

/**
 * A button that is pressed twice sends its request once, and both presses get its answer. Only the very last
 * request to an address counts: on, off, on is three. Files are left alone, they are too large to compare, and
 * so is what only reads and says so with `cache: 'no-store'`: something else may have changed its answer.
 */
export async function onceIfPressedTwice(
  request: Request,
  go: () => Promise<Response>,
  now: () => number = () => performance.now(),
): Promise<Response> {
  const reads = SAFE.includes(request.method) || request.cache === 'no-store'
  if (reads || !isSmall(request)) return go()
  const body = request.body === null ? '' : await request.clone().text()
  const said = [request.method, request.headers.get('If-Match'), body].join('\n')
  const before = last.get(request.url)
  if (before?.said === said && now() - before.at < SAME_PRESS)
    return before.answer.then((answer) => answer.clone())
  const sent: Sent = { said, at: now(), answer: go() }
  last.set(request.url, sent)
  // What did not arrive, or was broken off, may be sent again at once.
  sent.answer.catch(() => last.get(request.url) === sent && last.delete(request.url))
  setTimeout(() => last.get(request.url) === sent && last.delete(request.url), SAME_PRESS)
  return sent.answer.then((answer) => answer.clone())
}

function isSmall(request: Request): boolean {
  return request.body === null || (request.headers.get('Content-Type') ?? '').includes('json')
}
