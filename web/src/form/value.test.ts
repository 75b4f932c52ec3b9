import { describe, expect, test } from 'vitest'
import {
  besidePath,
  firstOf,
  isFilled,
  momentOf,
  numberOf,
  valueOfMoment,
  wayOfValue,
  waysFor,
} from './value'

test.each([
  [12, 'fixed'],
  [null, 'fixed'],
  [['a'], 'fixed'],
  [{ field: 'account.name' }, 'field'],
  [{ formula: '1' }, 'formula'],
  [{ today: { plus: 3 } }, 'moment'],
  [{ now: {} }, 'moment'],
  [{ dynamic: 'tomorrow' }, 'moment'],
])('%j is said as %s', (value, wanted) => {
  expect(wayOfValue(value)).toBe(wanted)
})

test.each([
  [{ field: 'record.name' }, 'record'],
  [{ field: 'nodes.find.count' }, 'record'],
  [{ field: 'target.amount' }, 'field'],
  [{ field: 'name' }, 'field'],
  [{ field: 'recording' }, 'field'],
])('where records are looked for, %j is said as %s', (value, wanted) => {
  expect(wayOfValue(value, ['record'])).toBe(wanted)
})

test('names of the run stay as they are, fields of a row beside begin with its name', () => {
  expect(besidePath('record', 'account.name')).toBe('record.account.name')
  expect(besidePath('target', 'amount')).toBe('target.amount')
  expect(besidePath('record', 'nodes.find.count')).toBe('nodes.find.count')
  expect(isFilled(firstOf('record'))).toBe(false)
  expect(waysFor(null, ['target'])).toEqual(['fixed', 'field', 'target', 'moment', 'formula'])
})

describe('a moment', () => {
  test.each([
    [{ dynamic: 'tomorrow' }, { named: 'tomorrow' }],
    [{ today: { plus: 3, unit: 'weeks' } }, { from: 'today', plus: 3, unit: 'weeks' }],
    [{ today: { plus: -2 } }, { from: 'today', plus: -2, unit: 'days' }],
    [{ now: { plus: 0 } }, { named: 'now' }],
    [{ now: {} }, { named: 'now' }],
    [null, { named: 'today' }],
  ])('%j is read', (value, wanted) => {
    expect(momentOf(value)).toEqual(wanted)
  })
  test.each([
    { dynamic: 'yesterday' },
    { today: { plus: 3, unit: 'days' } },
    { now: { plus: -2, unit: 'hours' } },
  ])('%j is written as it was', (value) => {
    expect(valueOfMoment(momentOf(value))).toEqual(value)
  })
})

test.each([
  ['12', 12],
  ['12.50', 12.5],
  ['-3', -3],
  ['', null],
  ['-', null],
  [7, 7],
  [Number.NaN, null],
  ['12345678901234567890.12', '12345678901234567890.12'],
  ['0.1', 0.1],
  ['100', 100],
])('the number typed as %j is sent as %j', (written, wanted) => {
  expect(numberOf(written)).toBe(wanted)
})

test.each([
  [0, true],
  [false, true],
  ['', false],
  [[], false],
  [['a', ''], false],
  [[1, 2], true],
  [{ field: '' }, false],
  [{ formula: '1' }, true],
  [{ dynamic: 'today' }, true],
])('%j is filled in: %j', (value, wanted) => {
  expect(isFilled(value)).toBe(wanted)
})

test('a moment is offered for dates only', () => {
  expect(waysFor({ kind: 'text' })).not.toContain('moment')
  expect(waysFor({ kind: 'date' })).toContain('moment')
  expect(waysFor(null)).toContain('moment')
})
