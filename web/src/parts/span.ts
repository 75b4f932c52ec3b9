import { format } from '../text'
import { calendar as t } from '../text/calendar'

interface Span {
  starts_at: string
  ends_at: string
  all_day: boolean
  time_zone?: string
}

/** When something is, in a few words: a day, several days, or from one time to another. */
export function spanOf({ starts_at, ends_at, all_day, time_zone }: Span): string {
  if (all_day) {
    // Days are days where the event is planned, and its end is the midnight after the last one.
    const first = format.date(dayIn(starts_at, time_zone))
    const last = format.date(dayIn(new Date(new Date(ends_at).getTime() - 1000).toISOString(), time_zone))
    return first === last ? first : t.span(first, last)
  }
  if (starts_at === ends_at) return format.dateTime(starts_at)
  const sameDay = dayIn(starts_at, format.timeZone) === dayIn(ends_at, format.timeZone)
  return t.span(format.dateTime(starts_at), sameDay ? clock(ends_at) : format.dateTime(ends_at))
}

/** "2026-11-22": the day that a moment falls on in a time zone. */
function dayIn(moment: string, timeZone: string | undefined): string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  try {
    return new Intl.DateTimeFormat('en-CA', { ...parts, timeZone }).format(new Date(moment))
  } catch {
    return moment.slice(0, 10)
  }
}

function clock(moment: string): string {
  const options = { timeStyle: 'short', timeZone: format.timeZone } as const
  return new Intl.DateTimeFormat(format.locale, options).format(new Date(moment))
}
