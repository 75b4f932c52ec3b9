/** JSON that a webhook's declaration asks for, with made-up values: to show, to try, and to test with. */

interface Declared {
  name?: unknown
  type?: unknown
  path?: unknown
}

const SAMPLES: Record<string, unknown> = {
  text: 'Zoë Ångström',
  email: 'zoe@example.org',
  phone: '+358 40 123 4567',
  url: 'https://example.org/page',
  integer: 3,
  decimal: 12.5,
  boolean: true,
  date: '2026-11-22',
  datetime: '2026-11-22T14:30:00Z',
  json: { any: ['thing'] },
}

/** The object that holds a value for every variable, each where its path says. */
export function sampleOf(variables: unknown): Record<string, unknown> {
  const whole = empty()
  for (const one of Array.isArray(variables) ? (variables as Declared[]) : []) {
    if (typeof one?.name !== 'string' || one.name === '') continue
    put(whole, stepsOf(one), SAMPLES[typeof one.type === 'string' ? one.type : 'text'] ?? 'text')
  }
  return whole
}

/** Without a prototype, so that no path reaches one. */
const empty = (): Record<string, unknown> => Object.create(null)

function stepsOf({ name, path }: Declared): string[] {
  if (typeof path !== 'string' || path === '') return [String(name)]
  if (!path.startsWith('/')) return path.split('.')
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function put(into: Record<string, unknown>, steps: string[], value: unknown) {
  let here: Record<string, unknown> | unknown[] = into
  steps.forEach((step, index) => {
    const last = index === steps.length - 1
    const next = last ? value : /^\d{1,3}$/.test(steps[index + 1] ?? '') ? [] : empty()
    const place = Array.isArray(here) ? Number(step) : step
    if (Array.isArray(here) && !Number.isInteger(place)) return
    const held = (here as Record<string | number, unknown>)[place]
    const kept = !last && typeof held === 'object' && held !== null ? held : next
    ;(here as Record<string | number, unknown>)[place] = kept
    if (!last) here = kept as Record<string, unknown> | unknown[]
  })
}
