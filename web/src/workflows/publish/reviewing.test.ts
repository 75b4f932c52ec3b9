import { expect, test } from 'vitest'
import { setFormats } from '../../text'
import { type Counted, countIn, isFull, isSome } from './reviewing'

setFormats({ locale: 'en' })
const counted = (count: number | null, at_least: number): Counted => ({
  count,
  at_least,
  total: 20_000,
  total_exact: true,
  examples: [],
})

test.each([
  [counted(42, 42), '42'],
  [counted(0, 0), '0'],
  [counted(null, 10_000), 'at least 10,000'],
])('a count says whether it is one', (found, words) => {
  expect(countIn(found)).toBe(words)
})

test.each([
  [null, false],
  [counted(0, 0), false],
  [counted(null, 5), true],
])('records move only where there are some', (found, some) => {
  expect(isSome(found)).toBe(some)
})

test.each([
  [true, 'draft', true],
  [true, 'disabled', false],
  [true, 'active', false],
  [false, 'draft', false],
] as const)('a quota that is full (%s) stops a %s: %s', (full, state, stops) => {
  const quota = { used: 5, limit: 5, full }
  expect(isFull({ quotas: { active_and_disabled: quota, scheduled: { ...quota, full: true } } }, state)).toBe(
    stops,
  )
})
