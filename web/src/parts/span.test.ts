import { describe, expect, it } from 'vitest'
import { setFormats } from '../text/format'
import { spanOf } from './span'

setFormats({ locale: 'en-GB', timeZone: 'America/New_York' })
const CASES: [string, string, boolean, string][] = [
  ['2026-03-28T14:00:00Z', '2026-03-28T15:30:00Z', false, '28 Mar 2026, 10:00 – 11:30'],
  ['2026-03-28T14:00:00Z', '2026-03-28T14:00:00Z', false, '28 Mar 2026, 10:00'],
  ['2026-03-28T14:00:00Z', '2026-03-29T14:00:00Z', false, '28 Mar 2026, 10:00 – 29 Mar 2026, 10:00'],
  // Whole days in Helsinki, whoever looks at them.
  ['2026-03-28T22:00:00Z', '2026-03-29T21:00:00Z', true, '29 Mar 2026'],
  ['2026-03-28T22:00:00Z', '2026-03-30T21:00:00Z', true, '29 Mar 2026 – 30 Mar 2026'],
]

describe('when something is', () => {
  it.each(CASES)('%s to %s (whole days: %s) reads %s', (starts_at, ends_at, all_day, words) => {
    expect(spanOf({ starts_at, ends_at, all_day, time_zone: 'Europe/Helsinki' })).toBe(words)
  })
})
