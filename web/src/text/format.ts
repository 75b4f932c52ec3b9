/** Dates, numbers and money as the person's own language writes them. */

let locale = typeof navigator === 'undefined' ? 'en' : navigator.language
let timeZone: string | undefined
let currency = 'EUR'

/** Said once after sign-in, and when preferences change. */
export function setFormats(wanted: {
  locale?: string | null
  timeZone?: string | null
  currency?: string | null
}) {
  if (wanted.locale && isLocale(wanted.locale)) locale = wanted.locale
  if (wanted.timeZone && isTimeZone(wanted.timeZone)) timeZone = wanted.timeZone
  if (wanted.currency) currency = wanted.currency
}

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

type Moment = string | number | Date

export const format = {
  get locale() {
    return locale
  },
  get timeZone() {
    return timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  },
  /** 22 Nov 2026 – for a date without a time: "2026-11-22". */
  date(day: string): string {
    const [year, month, date] = day.slice(0, 10).split('-').map(Number)
    if (!year || !month || !date) return day
    const noon = new Date(Date.UTC(year, month - 1, date, 12))
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(noon)
  },
  dateTime(moment: Moment): string {
    const at = new Date(moment)
    if (Number.isNaN(at.getTime())) return String(moment)
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(at)
  },
  /** "Mon, 30 Mar 2026, 08:00" in a time zone that is not one's own. */
  dateTimeIn(moment: Moment, zone: string): string {
    const at = new Date(moment)
    if (Number.isNaN(at.getTime()) || !isTimeZone(zone)) return String(moment)
    return new Intl.DateTimeFormat(locale, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: zone,
    }).format(at)
  },
  time(moment: Moment): string {
    const at = new Date(moment)
    if (Number.isNaN(at.getTime())) return String(moment)
    return new Intl.DateTimeFormat(locale, { timeStyle: 'medium', timeZone }).format(at)
  },
  /** What stands between thousands: "1,000" has a comma. */
  get groups(): string {
    const parts = new Intl.NumberFormat(locale, { useGrouping: 'always' }).formatToParts(1_000)
    return parts.find((part) => part.type === 'group')?.value ?? ''
  },
  number(value: number | string, decimals?: number): string {
    const options =
      decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
    return new Intl.NumberFormat(locale, { maximumFractionDigits: 20, ...options }).format(value as number)
  },
  money(value: number | string, code?: string | null): string {
    try {
      return new Intl.NumberFormat(locale, { style: 'currency', currency: code || currency }).format(
        value as number,
      )
    } catch {
      return `${this.number(value, 2)} ${code ?? ''}`.trim()
    }
  },
  /** "3 minutes ago", "in 2 days". */
  relative(moment: Moment, now = Date.now()): string {
    const seconds = (new Date(moment).getTime() - now) / 1000
    const rule = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
    const size = Math.abs(seconds)
    if (size < 45) return rule.format(Math.round(seconds), 'second')
    if (size < 2_700) return rule.format(Math.round(seconds / 60), 'minute')
    if (size < 79_200) return rule.format(Math.round(seconds / 3_600), 'hour')
    if (size < 2_592_000) return rule.format(Math.round(seconds / 86_400), 'day')
    if (size < 31_536_000) return rule.format(Math.round(seconds / 2_592_000), 'month')
    return rule.format(Math.round(seconds / 31_536_000), 'year')
  },
  /** "0.4 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". */
  duration(seconds: number): string {
    const unit = (value: number, name: string, digits = 0) =>
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: name,
        unitDisplay: 'narrow',
        maximumFractionDigits: digits,
      }).format(value)
    if (seconds < 0.001) return `< ${unit(1, 'millisecond')}`
    if (seconds < 1) return unit(Math.round(seconds * 1000), 'millisecond')
    if (seconds < 60) return unit(seconds, 'second', 1)
    if (seconds < 3_600)
      return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(Math.floor(seconds % 60), 'second')}`
    if (seconds < 86_400)
      return `${unit(Math.floor(seconds / 3_600), 'hour')} ${unit(Math.floor((seconds % 3_600) / 60), 'minute')}`
    return `${unit(Math.floor(seconds / 86_400), 'day')} ${unit(Math.floor((seconds % 86_400) / 3_600), 'hour')}`
  },
  bytes(size: number): string {
    const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
    const step = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), 3)
    return new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: steps[step] ?? 'byte',
      unitDisplay: step === 0 ? 'long' : 'short',
      maximumFractionDigits: 1,
    }).format(size / 1000 ** step)
  },
  /** "a, b and c". */
  list(items: string[]): string {
    return new Intl.ListFormat(locale, { type: 'conjunction' }).format(items)
  },
}

/** One of the forms by number, {n} written in: plural(3, { one: '{n} run', other: '{n} runs' }). */
export function plural(
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string },
): string {
  const form = forms[new Intl.PluralRules(locale).select(count)] ?? forms.other
  return form.replaceAll('{n}', format.number(count))
}
