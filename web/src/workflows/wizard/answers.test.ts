import { describe, expect, test } from 'vitest'
import { moved, placed, saysText, saysWhen, toPhoneOf, without } from './answers'

const problem = (path: string) => ({ code: 'x', message: 'm', path, suggestion: null })

describe('which question a problem is about', () => {
  test.each([
    ['/nodes/0/config/cron', 'when', '/cron'],
    ['/nodes/0/config', 'when', ''],
    ['/nodes/0/config/filter/all/0/field', 'whom', '/all/0/field'],
    ['/nodes/1/config/to/0/number', 'text', '/to/0/number'],
    ['/nodes', 'text', '/nodes'],
    ['', 'text', ''],
  ])('%s', (path, step, rest) => {
    const found = placed(problem(path), 'text')
    expect([found.step, found.path]).toEqual([step, rest])
  })
})

test('a schedule says something when it has either form', () => {
  expect(
    [{}, { cron: '', when: {} }, { cron: '0 1 * * *' }, { when: { every: 'day' } }].map(saysWhen),
  ).toEqual([false, false, true, true])
})

test('a text goes to somebody and says something', () => {
  const to = [{ field: 'phone' }]
  expect(
    [{}, { to, text: ' ' }, { to: [], text: 'a' }, { to, text: 'Γεια' }, { to: null, text: 'a' }].map(
      saysText,
    ),
  ).toEqual([false, false, false, true, false])
})

test("a text goes to the record's own number, if it has one", () => {
  const field = (key: string, type: string) => ({ key, type }) as never
  expect(toPhoneOf({ fields: [field('name', 'text'), field('mobile', 'phone')] })).toEqual({
    to: [{ field: 'mobile' }],
  })
  expect([toPhoneOf({ fields: [] }), toPhoneOf(undefined)]).toEqual([{}, {}])
})

test('what the wizard decides is not asked', () => {
  const schema = { properties: { cron: { type: 'string' }, each_record: { type: 'boolean' } } }
  expect(Object.keys(without(schema, ['each_record']).properties ?? {})).toEqual(['cron'])
  expect(without(null, [])).toEqual({})
})

test('a task changes places with its neighbour, and stays at the ends', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c'])
  expect(moved([], 0, 1)).toEqual([])
})
