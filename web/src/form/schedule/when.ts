/** When a schedule comes, as it is kept (sdk/when.py): one kind, with what belongs to it. */
export interface When {
  every?: Every
  minutes?: number
  minute?: number
  weekdays?: string[]
  days?: (number | 'last')[]
  days_of_year?: string[]
  dates?: string[]
  day?: string
  at?: string
  short_month?: ShortMonth
}

export type Every = 'minutes' | 'hour' | 'day' | 'week' | 'month' | 'year' | 'dates' | 'once'
export type ShortMonth = 'last_day' | 'skip'

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const
/** So many minutes apart: parts of an hour. */
export const MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30]

/** What a kind begins as; the time of day is kept. `today`: "2026-11-22". */
export function begun(every: Every, before: When, today: string): When {
  const at = before.at ?? '08:00'
  switch (every) {
    case 'minutes':
      return { every, minutes: 15 }
    case 'hour':
      return { every, minute: 0 }
    case 'day':
      return { every, at }
    case 'week':
      return { every, weekdays: WEEKDAYS.slice(0, 5), at }
    case 'month':
      return { every, days: [1], at }
    case 'year':
      return { every, days_of_year: [today.slice(5)], at }
    case 'dates':
      return { every, dates: before.day ? [before.day] : [], at }
    case 'once':
      return { every, day: before.dates?.[0] ?? tomorrow(today), at }
  }
}

/** The day after: "2026-12-31" → "2027-01-01". */
export function tomorrow(day: string): string {
  const at = new Date(`${day}T12:00:00Z`)
  at.setUTCDate(at.getUTCDate() + 1)
  return at.toISOString().slice(0, 10)
}

/** Whether some months have no such day, so that one has to say what becomes of these. */
export function mayBeMissing({ every, days = [], days_of_year = [] }: When): boolean {
  if (every === 'month') return days.some((day) => day !== 'last' && day > 28)
  return every === 'year' && days_of_year.includes('02-29')
}

/** A day of the list is put in, or taken out; in order, "last" at the end. */
export function toggled(days: (number | 'last')[], day: number | 'last'): (number | 'last')[] {
  const left = days.includes(day) ? days.filter((one) => one !== day) : [...days, day]
  return left.sort((a, b) => (a === 'last' ? 32 : a) - (b === 'last' ? 32 : b))
}

/** How many days a month has at most: 29 for February. */
export function longest(month: number): number {
  return month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** "02-31" cannot be: the day is made to fit its month. */
export function dayOfYear(month: number, day: number): string {
  const fits = Math.min(Math.max(1, day), longest(month))
  return `${String(month).padStart(2, '0')}-${String(fits).padStart(2, '0')}`
}
