/** A moment as the wall clock of a time zone shows it, for an input: "2026-11-22T14:30". */
export function toWallClock(moment: unknown, timeZone: string): string {
  const at = new Date(String(moment))
  if (Number.isNaN(at.getTime())) return ''
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(at)
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  return `${get('year').padStart(4, '0')}-${get('month')}-${get('day')}T${get('hour')}:${get('minute')}`
}

/** The moment at which a wall clock of a time zone shows this; null: not a time. */
export function fromWallClock(text: string, timeZone: string): string | null {
  if (text.length < 16) return null
  const asUtc = Date.parse(`${text.slice(0, 16)}:00Z`)
  if (Number.isNaN(asUtc)) return null
  // The offset there depends on the moment sought: two steps find it, also around a change of the clock.
  const first = asUtc - offsetAt(asUtc, timeZone)
  return new Date(asUtc - offsetAt(first, timeZone)).toISOString()
}

function offsetAt(at: number, timeZone: string): number {
  return (
    Date.parse(`${toWallClock(new Date(at).toISOString(), timeZone)}:00Z`) - Math.floor(at / 60_000) * 60_000
  )
}
