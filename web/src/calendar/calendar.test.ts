import { describe, expect, it } from 'vitest'
import type { EventOut } from '../api'
import { dayOf, daysOf, momentOf, plusMonths, turned, wallOf, weekOf } from './dates'
import { type Entry, entryOfEvent, isLong, onDay, placed } from './entries'

describe('days', () => {
  it.each([
    ['2026-11-22T21:59:00Z', 'UTC', '2026-11-22'],
    ['2026-11-22T22:30:00Z', 'Europe/Helsinki', '2026-11-23'],
    ['2026-11-22T04:00:00Z', 'America/New_York', '2026-11-21'],
  ])('of %s in %s is %s', (moment, zone, day) => {
    expect(dayOf(moment, zone)).toBe(day)
  })

  it.each([
    ['2026-11-22T09:00', 'Europe/Athens', '2026-11-22T07:00:00.000Z'],
    ['2026-03-29T03:30', 'Europe/Helsinki', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T12:00', 'Europe/Helsinki', '2026-10-25T10:00:00.000Z'],
    ['2026-01-01T00:00', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
  ])('%s in %s is the moment %s', (wall, zone, moment) => {
    expect(momentOf(wall, zone).toISOString()).toBe(moment)
    if (wall !== '2026-03-29T03:30') expect(wallOf(moment, zone)).toBe(wall)
  })

  it('of a month are whole weeks from Monday', () => {
    const days = daysOf('month', '2026-11-22')
    expect([days[0], days.at(-1), days.length]).toEqual(['2026-10-26', '2026-12-06', 42])
    expect(daysOf('month', '2027-02-10')).toHaveLength(28)
    expect(daysOf('week', '2026-11-22')[0]).toBe('2026-11-16')
    expect(daysOf('day', '2026-11-22')).toEqual(['2026-11-22'])
    expect(weekOf('2026-11-16')).toBe('2026-11-16')
  })

  it('turn by the view, and stay in the month', () => {
    expect(plusMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect([turned('month', '2026-03-31', -1), turned('week', '2026-01-01', -1), turned('day', '2026-12-31', 1)])
      .toEqual(['2026-02-28', '2025-12-25', '2027-01-01']) // biome-ignore format: one line
  })
})

const event = (change: Partial<EventOut>) =>
  ({
    id: 1,
    title: 'Σύσκεψη',
    kind: 'meeting',
    starts_at: '2026-11-22T09:00:00Z',
    ends_at: '2026-11-22T10:00:00Z',
    all_day: false,
    time_zone: 'Europe/Athens',
    status: 'planned',
    ...change,
  }) as EventOut

describe('entries', () => {
  it('stand on the days they touch, and a midnight belongs to the day before', () => {
    const days = { all_day: true, starts_at: '2026-11-21T22:00:00Z', ends_at: '2026-11-23T22:00:00Z' }
    const entry = entryOfEvent(event(days), 'America/New_York')
    expect([entry.first, entry.last, isLong(entry)]).toEqual(['2026-11-22', '2026-11-23', true])
    const late = entryOfEvent(event({ ends_at: '2026-11-23T00:00:00Z' }), 'UTC')
    expect([late.last, late.until, isLong(late)]).toEqual(['2026-11-22', 1440, false])
    expect(onDay([late, entry], '2026-11-22').map((one) => one.allDay)).toEqual([true, false])
    expect(onDay([late], '2026-11-23')).toEqual([])
  })

  it('stand side by side only where they overlap', () => {
    const at = (key: string, from: number, until: number) => ({ key, from, until }) as Entry
    const found = placed([at('a', 540, 660), at('b', 570, 600), at('c', 600, 630), at('d', 700, 720)])
    expect(found.map((one) => [one.entry.key, one.column, one.columns])).toEqual([
      ['a', 0, 2],
      ['b', 1, 2],
      ['c', 1, 2],
      ['d', 0, 1],
    ])
    expect(placed([])).toEqual([])
  })
})
