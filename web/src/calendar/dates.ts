/** Days are "2026-11-22"; clock times are minutes after midnight; both in the time zone of whoever looks. */
export type Day = string

const parts = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = parts.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  parts.set(zone, made)
  return made
}

/** What a clock in the zone shows: "2026-11-22T14:30". */
export function wallOf(moment: string | Date, zone: string): string {
  const found = Object.fromEntries(
    clockOf(zone)
      .formatToParts(new Date(moment))
      .map(({ type, value }) => [type, value]),
  )
  return `${found.year}-${found.month}-${found.day}T${found.hour}:${found.minute}`
}

export const dayOf = (moment: string | Date, zone: string): Day => wallOf(moment, zone).slice(0, 10)
export const minutesOf = (moment: string | Date, zone: string): number => {
  const wall = wallOf(moment, zone)
  return Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16))
}

/** The moment at which a clock in the zone shows this; in the hour that is left out in spring, the one after. */
export function momentOf(wall: string, zone: string): Date {
  const asUtc = new Date(`${wall}:00Z`).getTime()
  let found = asUtc
  for (let pass = 0; pass < 2; pass++)
    found += asUtc - new Date(`${wallOf(new Date(found), zone)}:00Z`).getTime()
  return new Date(found)
}

/** So many days later; before, when negative. */
export function plusDays(day: Day, days: number): Day {
  const at = new Date(`${day}T12:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

/** The same day some months later; the last of the month, where it has no such day. */
export function plusMonths(day: Day, months: number): Day {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1, 12))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(date, last))
  return first.toISOString().slice(0, 10)
}

/** The Monday on or before a day. */
export const weekOf = (day: Day): Day => plusDays(day, -((new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7))

export const VIEWS = ['month', 'week', 'day'] as const
export type View = (typeof VIEWS)[number]

/** The days that a view shows around a day: whole weeks of a month, a week, or the day. */
export function daysOf(view: View, day: Day): Day[] {
  if (view === 'day') return [day]
  if (view === 'week') return Array.from({ length: 7 }, (_, i) => plusDays(weekOf(day), i))
  const first = weekOf(`${day.slice(0, 7)}-01`)
  const lastOfMonth = plusDays(plusMonths(`${day.slice(0, 7)}-01`, 1), -1)
  const days: Day[] = []
  for (let one = first; one <= lastOfMonth || days.length % 7 > 0; one = plusDays(one, 1)) days.push(one)
  return days
}

/** One view further, or back. */
export function turned(view: View, day: Day, by: 1 | -1): Day {
  if (view === 'month') return plusMonths(day, by)
  return plusDays(day, by * (view === 'week' ? 7 : 1))
}
