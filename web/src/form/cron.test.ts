import { expect, test } from 'vitest'
import { begun, cronOf, guided } from './cron'

test.each([
  ['*/15 * * * *', { every: 'minutes', minutes: 15 }],
  ['30 * * * *', { every: 'hour', minute: 30 }],
  ['0 8 * * *', { every: 'day', hour: 8, minute: 0 }],
  ['0 8 * * 1-5', { every: 'week', hour: 8, minute: 0, days: [1, 2, 3, 4, 5] }],
  ['5 7 * * 0,6', { every: 'week', hour: 7, minute: 5, days: [0, 6] }],
  ['0 23 31 * *', { every: 'month', hour: 23, minute: 0, day: 31 }],
  ['0 6 1 4 *', { every: 'year', hour: 6, minute: 0, day: 1, month: 4 }],
])('%s is said in choices, and back', (cron, wanted) => {
  const found = guided(cron)
  expect(found).toEqual(wanted)
  expect(found.every !== 'custom' && cronOf(found)).toBe(cron)
})

test.each([
  '',
  '0 8 1 * 1',
  '0 8 * * MON',
  '0 8-10 * * *',
  '61 8 * * *',
  '0 8 * * * *',
  '0 8 * 1-3 *',
  'nonsense',
  '0 8 L * *',
])('%j stays as it is written', (cron) => {
  expect(guided(cron)).toEqual({ every: 'custom' })
})

test('Sunday may be 7, and is written as 0', () => {
  const found = guided('0 8 * * 7')
  expect(found).toMatchObject({ days: [0] })
})

test('another kind keeps the time of day', () => {
  expect(begun('month', { every: 'day', hour: 17, minute: 30 })).toEqual({
    every: 'month',
    hour: 17,
    minute: 30,
    day: 1,
  })
})
