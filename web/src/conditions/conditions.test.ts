import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { OperatorOut } from '../api'
import { isObject } from '../form/value'
import { conditionInWords } from './inWords'
import { fitted, isComplete, operatorsFor, withField, withOperator } from './operators'
import {
  asGroup,
  type Condition,
  dependsOnRun,
  fromGroup,
  groupOf,
  isEmpty,
  negated,
  ofGroup,
  replaced,
  shapeOf,
} from './tree'

function operator(key: string, right = 'one', takes = ['text'], of_change = false): OperatorOut {
  return { key, label: key.replaceAll('_', ' '), right, takes, of_change }
}
const OPERATORS = [
  operator('equals', 'one', ['text', 'integer', 'date', 'reference']),
  operator('contains'),
  operator('is_empty', 'none', ['text', 'integer']),
  operator('is_one_of', 'list', ['text', 'integer']),
  operator('between', 'pair', ['integer', 'date']),
  operator('before_days_from_now', 'days', ['date']),
  operator('has_changed', 'none', ['text'], true),
]

/** Every condition that the reference shows and that the packs' workflows have. */
function known(): [string, Condition][] {
  const reference = readFileSync('../docs/reference/conditions.md', 'utf8')
  const shown = [...reference.matchAll(/^\| `(\{"(?:all|any|not|children|field).*?\})` \|/gm)].map(
    ([, json = '']) => json,
  )
  const packs = readdirSync('../src/whereupon/packs', { recursive: true, encoding: 'utf8' })
    .filter((path) => /workflows\/.*\.yaml$/.test(path))
    .flatMap((path) => within(parse(readFileSync(`../src/whereupon/packs/${path}`, 'utf8')), path))
  return [...shown.map((json): [string, Condition] => [json, JSON.parse(json)]), ...packs]
}

function within(thing: unknown, where: string): [string, Condition][] {
  if (Array.isArray(thing)) return thing.flatMap((one) => within(one, where))
  if (!isObject(thing)) return []
  return Object.entries(thing).flatMap(([key, one]): [string, Condition][] =>
    ['filter', 'condition', 'where', 'only_if'].includes(key) && isObject(one)
      ? [[`${where} ${key}`, one]]
      : within(one, where),
  )
}

/** Through the editor's eyes and back, part by part, as if each were touched and nothing changed. */
function touched(condition: Condition): Condition {
  const group = groupOf(condition)
  if (group) return ofGroup({ ...group, parts: group.parts.map(touched) })
  if (isObject(condition.not)) return { ...condition, not: touched(condition.not) }
  if (isObject(condition.where)) return { ...condition, where: touched(condition.where) }
  return condition
}

describe('every condition of the reference and of the packs', () => {
  const all = known()
  test('is found', () => {
    expect(all.length).toBeGreaterThan(10)
  })
  test.each(all)('%s stays what it is', (_name, condition) => {
    expect(fromGroup(asGroup(condition), condition)).toEqual(condition)
    expect(touched(condition)).toEqual(condition)
    expect(shapeOf(condition)).not.toBe('unknown')
  })
})

const LEAF = { field: 'status', operator: 'equals', value: 'open' }
test.each<[string, Condition]>([
  ['opposites of opposites', { not: { not: LEAF } }],
  ['an opposite of a group in a group', { all: [{ not: { any: [LEAF, { not: { all: [LEAF] } }] } }] }],
  ['an empty group', { any: [] }],
  ['a group of one', { all: [LEAF] }],
  [
    'children of children',
    {
      children: 'a.b',
      aggregate: 'none',
      where: { children: 'c.d', aggregate: 'count', operator: 'equals', value: 0 },
    },
  ],
  ['a key that nobody knows', { all: [{ fild: 'x' }] }],
  [
    'a value of every way',
    {
      all: [
        {
          ...LEAF,
          value: [
            1,
            { field: 'x' },
            { formula: '1' },
            { now: { plus: -1, unit: 'hours' } },
            { dynamic: 'today' },
          ],
        },
      ],
    },
  ],
])('%s stays as it is', (_name, condition) => {
  expect(fromGroup(asGroup(condition), condition)).toEqual(condition)
  expect(touched(condition)).toEqual(condition)
})

test('a single comparison stays bare until another joins it, and nothing is no condition', () => {
  expect(asGroup(LEAF).parts).toEqual([LEAF])
  expect(fromGroup({ junction: 'all', parts: [LEAF, LEAF] }, LEAF)).toEqual({ all: [LEAF, LEAF] })
  expect(fromGroup({ junction: 'none', parts: [LEAF] }, LEAF)).toEqual({ not: { any: [LEAF] } })
  expect(fromGroup({ junction: 'all', parts: [] }, { all: [LEAF] })).toBeNull()
  expect([null, {}, { all: [] }].map(isEmpty)).toEqual([true, true, true])
})

test('parts are replaced, taken out and turned around', () => {
  expect(replaced([LEAF, {}], 1, null)).toEqual([LEAF])
  expect(replaced([LEAF, {}], 1, LEAF)).toEqual([LEAF, LEAF])
  expect(negated(negated(LEAF))).toEqual(LEAF)
})

test.each([
  ['x', 'one', 'list', ['x']],
  [['x', 'y'], 'list', 'one', 'x'],
  [null, 'one', 'list', []],
  ['x', 'one', 'none', undefined],
  [3, 'one', 'pair', [3, null]],
  [[1, 2], 'list', 'pair', [1, 2]],
  [-30, 'days', 'one', undefined],
  ['x', 'one', 'days', undefined],
])('%j of an operator with %s becomes, with %s, %j', (value, from, to, wanted) => {
  expect(fitted(value, from, to)).toEqual(wanted)
})

test('another operator or field keeps what fits', () => {
  expect(withOperator(LEAF, 'is_one_of', OPERATORS)).toEqual({
    field: 'status',
    operator: 'is_one_of',
    value: ['open'],
  })
  expect(withOperator(LEAF, 'is_empty', OPERATORS)).toEqual({ field: 'status', operator: 'is_empty' })
  expect(withField(LEAF, 'name', { kind: 'text' }, { kind: 'text' }, OPERATORS)).toEqual({
    ...LEAF,
    field: 'name',
  })
  expect(withField(LEAF, 'due', { kind: 'text' }, { kind: 'date' }, OPERATORS)).toEqual({
    field: 'due',
    operator: 'equals',
  })
  expect(
    withField(
      { field: 'a', operator: 'contains', value: 'x' },
      'due',
      { kind: 'text' },
      { kind: 'date' },
      OPERATORS,
    ),
  ).toEqual({
    field: 'due',
    operator: 'equals',
  })
})

test('operators are those of the type; changes only where one is known', () => {
  expect(operatorsFor(OPERATORS, 'date', false).map((one) => one.key)).toEqual([
    'equals',
    'between',
    'before_days_from_now',
  ])
  expect(operatorsFor(OPERATORS, null, false)).toHaveLength(6)
  expect(operatorsFor(OPERATORS, 'text', true).map((one) => one.key)).toContain('has_changed')
})

test.each<[Condition, boolean]>([
  [LEAF, true],
  [{ field: '', operator: 'equals', value: 1 }, false],
  [{ field: 'a', operator: 'equals' }, false],
  [{ field: 'a', operator: 'equals', value: false }, true],
  [{ field: 'a', operator: 'is_empty' }, true],
  [{ field: 'a', operator: 'between', value: [1, null] }, false],
  [{ all: [LEAF, { field: '' }] }, false],
  [{ not: LEAF }, true],
  [{ children: 'a.b', aggregate: 'any', where: { all: [] } }, true],
  [{ children: 'a.b', aggregate: 'any' }, false],
  [{ children: 'a.b', aggregate: 'sum', operator: 'equals', value: 1 }, false],
  [{ children: 'a.b', aggregate: 'count', operator: 'equals', value: 0 }, true],
])('%j is filled in: %j', (condition, wanted) => {
  expect(isComplete(condition, OPERATORS)).toBe(wanted)
})

test.each<[Condition, boolean]>([
  [LEAF, false],
  [{ field: 'a', operator: 'has_changed' }, true],
  [{ field: 'nodes.x.y', operator: 'is_empty' }, true],
  [{ all: [{ field: 'a', operator: 'equals', value: { field: 'old.a' } }] }, true],
  [{ not: { field: 'a', operator: 'equals', value: { formula: '1 + nodes.x.y' } } }, true],
  [{ children: 'a.b', aggregate: 'any', where: { field: 'c', operator: 'has_changed' } }, true],
])('%j can be known only in the run: %j', (condition, wanted) => {
  expect(dependsOnRun(condition, (key) => key === 'has_changed')).toBe(wanted)
})

test('a condition is said in words', () => {
  const say = (condition: Condition | null) => conditionInWords(condition, null, new Map(), OPERATORS)
  expect(say(null)).toBe('Always')
  expect(say({ all: [LEAF, { any: [LEAF, { not: LEAF }] }] })).toBe(
    'status equals open and (status equals open or not (status equals open))',
  )
  expect(say({ not: { any: [{ field: 'a', operator: 'is_empty' }] } })).toBe('none of (a is empty)')
  expect(say({ field: 'd', operator: 'equals', value: { today: { plus: -3 } } })).toBe('d equals 3 days ago')
})
