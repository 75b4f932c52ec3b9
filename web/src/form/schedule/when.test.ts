import { expect, test } from 'vitest'
import { begun, dayOfYear, type Every, mayBeMissing, toggled, tomorrow } from './when'

const KINDS: Every[] = ['minutes', 'hour', 'day', 'week', 'month', 'year', 'dates', 'once']

test.each(KINDS)('%s begins complete, and keeps the time of day', (every) => {
  const found = begun(every, { every: 'day', at: '06:15' }, '2028-02-29')
  expect(found.every).toBe(every)
  expect(found.at).toBe(every === 'minutes' || every === 'hour' ? undefined : '06:15')
})

test('the date is kept between once and on certain dates', () => {
  expect(begun('dates', { every: 'once', day: '2027-01-02' }, '2026-11-22').dates).toEqual(['2027-01-02'])
  expect(begun('once', { every: 'dates', dates: [] }, '2026-12-31').day).toBe('2027-01-01')
})

test.each([
  ['2026-02-28', '2026-03-01'],
  ['2028-02-28', '2028-02-29'],
  ['2026-12-31', '2027-01-01'],
])('the day after %s is %s', (day, next) => expect(tomorrow(day)).toBe(next))

test('days are put in and taken out in order, the last day at the end', () => {
  expect(toggled([1, 'last'], 15)).toEqual([1, 15, 'last'])
  expect(toggled([15], 'last')).toEqual([15, 'last'])
  expect(toggled([1, 15, 'last'], 15)).toEqual([1, 'last'])
})

test('only days that some month lacks raise the question', () => {
  expect(mayBeMissing({ every: 'month', days: [28, 'last'] })).toBe(false)
  expect(mayBeMissing({ every: 'month', days: [1, 31] })).toBe(true)
  expect(mayBeMissing({ every: 'year', days_of_year: ['02-29'] })).toBe(true)
  expect(mayBeMissing({ every: 'year', days_of_year: ['12-31'] })).toBe(false)
  expect(mayBeMissing({})).toBe(false)
})

test('a day that its month does not have is made to fit', () => {
  expect(dayOfYear(2, 31)).toBe('02-29')
  expect(dayOfYear(4, 31)).toBe('04-30')
  expect(dayOfYear(12, 0)).toBe('12-01')
})
