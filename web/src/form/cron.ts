/** A schedule as people choose it; `custom`: only its five fields say it. */
export type Guided =
  | { every: 'minutes'; minutes: number }
  | { every: 'hour'; minute: number }
  | { every: 'day'; hour: number; minute: number }
  | { every: 'week'; hour: number; minute: number; days: number[] }
  | { every: 'month'; hour: number; minute: number; day: number }
  | { every: 'year'; hour: number; minute: number; day: number; month: number }
  | { every: 'custom' }

export type Every = Guided['every']
export const EVERY: Every[] = ['minutes', 'hour', 'day', 'week', 'month', 'year', 'custom']

/** The guided form of a schedule, where it has one that says exactly the same. */
export function guided(cron: string): Guided {
  const [minute = '', hour = '', day = '', month = '', weekday = '', ...more] = cron.trim().split(/\s+/)
  if (more.length > 0) return { every: 'custom' }
  const rest = [day, month, weekday].join(' ')
  const step = /^\*\/(\d{1,2})$/.exec(minute)?.[1]
  if (step && hour === '*' && rest === '* * *') return { every: 'minutes', minutes: Number(step) }
  const m = number(minute, 0, 59)
  if (m === null) return { every: 'custom' }
  if (hour === '*' && rest === '* * *') return { every: 'hour', minute: m }
  const h = number(hour, 0, 23)
  if (h === null) return { every: 'custom' }
  return daily({ hour: h, minute: m }, day, month, weekday)
}

function daily(at: { hour: number; minute: number }, day: string, month: string, weekday: string): Guided {
  if (day === '*' && month === '*' && weekday === '*') return { every: 'day', ...at }
  const days = weekdays(weekday)
  if (day === '*' && month === '*' && days) return { every: 'week', ...at, days }
  const d = number(day, 1, 31)
  if (d === null || weekday !== '*') return { every: 'custom' }
  if (month === '*') return { every: 'month', ...at, day: d }
  const mo = number(month, 1, 12)
  return mo === null ? { every: 'custom' } : { every: 'year', ...at, day: d, month: mo }
}

/** The five fields of a guided schedule. */
export function cronOf(guide: Exclude<Guided, { every: 'custom' }>): string {
  switch (guide.every) {
    case 'minutes':
      return `*/${guide.minutes} * * * *`
    case 'hour':
      return `${guide.minute} * * * *`
    case 'day':
      return `${guide.minute} ${guide.hour} * * *`
    case 'week':
      return `${guide.minute} ${guide.hour} * * ${written(guide.days)}`
    case 'month':
      return `${guide.minute} ${guide.hour} ${guide.day} * *`
    case 'year':
      return `${guide.minute} ${guide.hour} ${guide.day} ${guide.month} *`
  }
}

/** What a kind of schedule begins as; the time of day is kept. */
export function begun(every: Exclude<Every, 'custom'>, before: Guided): Exclude<Guided, { every: 'custom' }> {
  const hour = 'hour' in before ? before.hour : 8
  const minute = 'minute' in before ? before.minute : 0
  switch (every) {
    case 'minutes':
      return { every, minutes: 15 }
    case 'hour':
      return { every, minute }
    case 'day':
      return { every, hour, minute }
    case 'week':
      return { every, hour, minute, days: [1, 2, 3, 4, 5] }
    case 'month':
      return { every, hour, minute, day: 1 }
    case 'year':
      return { every, hour, minute, day: 1, month: 1 }
  }
}

function number(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null
  const found = Number(text)
  return found >= least && found <= most ? found : null
}

/** "1-5" or "1,3" as days, Sunday 0; null for anything else. */
function weekdays(text: string): number[] | null {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to] = /^([0-7])(?:-([0-7]))?$/.exec(part) ?? []
    if (from === undefined) return null
    for (let day = Number(from); day <= Number(to ?? from); day++) days.add(day % 7)
  }
  return days.size > 0 ? [...days].sort() : null
}

function written(days: number[]): string {
  const sorted = [...days].sort()
  const [first = 1] = sorted
  const inRow = sorted.length > 2 && sorted.every((day, at) => day === first + at)
  return inRow ? `${first}-${sorted.at(-1)}` : sorted.join(',')
}
