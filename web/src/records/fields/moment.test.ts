import { describe, expect, it } from 'vitest'
import { fromWallClock, toWallClock } from './moment'

describe('a moment in an input', () => {
  it.each([
    ['2026-11-22T12:30:00+00:00', 'Europe/Helsinki', '2026-11-22T14:30'],
    ['2026-07-01T22:15:00Z', 'Europe/Helsinki', '2026-07-02T01:15'],
    ['2026-11-22T00:00:00Z', 'UTC', '2026-11-22T00:00'],
    ['2026-11-22T12:30:00Z', 'Asia/Kathmandu', '2026-11-22T18:15'],
    ['not a time', 'UTC', ''],
  ])('%s in %s reads %s', (moment, zone, clock) => {
    expect(toWallClock(moment, zone)).toBe(clock)
  })

  it.each([
    ['2026-11-22T14:30', 'Europe/Helsinki', '2026-11-22T12:30:00.000Z'],
    ['2026-07-02T01:15', 'Europe/Helsinki', '2026-07-01T22:15:00.000Z'],
    ['2026-03-29T04:30', 'Europe/Helsinki', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Helsinki', '2026-10-24T23:30:00.000Z'],
    ['2026-11-22T18:15', 'Asia/Kathmandu', '2026-11-22T12:30:00.000Z'],
    ['', 'UTC', null],
  ])('%s in %s is %s', (clock, zone, moment) => {
    expect(fromWallClock(clock, zone)).toBe(moment)
  })
})
