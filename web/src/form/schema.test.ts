import { describe, expect, test } from 'vitest'
import { inWords, isSet, isShown, propertiesOf, resolve, wayOf, widgetOf, withValue, withWay } from './schema'
import type { Schema } from './types'

const DEFS: Record<string, Schema> = {
  Duration: {
    type: 'object',
    title: 'Duration',
    'x-widget': 'duration',
    properties: { amount: { type: 'integer' } },
  },
}

describe('resolve', () => {
  const cases: [string, Schema, Partial<Schema>][] = [
    [
      'X or nothing is X',
      { anyOf: [{ type: 'integer' }, { type: 'null' }], title: 'User' },
      { type: 'integer', title: 'User' },
    ],
    [
      'a reference is followed, its own words go first',
      { $ref: '#/$defs/Duration', title: 'How long' },
      { title: 'How long', 'x-widget': 'duration' },
    ],
    [
      'an optional reference, too',
      { anyOf: [{ $ref: '#/$defs/Duration' }, { type: 'null' }], title: 'At most' },
      { title: 'At most', 'x-widget': 'duration' },
    ],
    ['allOf with one part', { allOf: [{ $ref: '#/$defs/Duration' }] }, { 'x-widget': 'duration' }],
    ['constants are a choice', { anyOf: [{ const: 'a' }, { const: 'b' }] }, { enum: ['a', 'b'] }],
    ['a list of types', { type: ['string', 'null'] }, { type: 'string' }],
    ['an unknown reference stays', { $ref: '#/$defs/Gone' }, { $ref: '#/$defs/Gone' }],
  ]
  test.each(cases)('%s', (_name, schema, wanted) => {
    expect(resolve(schema, DEFS)).toMatchObject(wanted)
  })

  test('a reference to itself ends', () => {
    expect(() => resolve({ $ref: '#/$defs/A' }, { A: { $ref: '#/$defs/A' } })).not.toThrow()
  })
})

test('a property is called by its own title, never by the name of its class', () => {
  const [one] = propertiesOf({ properties: { late_hours: { $ref: '#/$defs/Duration' } } }, DEFS)
  expect(one?.label).toBe('Late hours')
  expect(inWords('απο')).toBe('Απο')
})

test.each([
  [undefined, false],
  [null, false],
  ['', false],
  [[], false],
  [false, false],
  [0, true],
  ['x', true],
  [{}, true],
])('%j is set: %j', (value, wanted) => {
  expect(isSet(value)).toBe(wanted)
})

describe('a property with x-when', () => {
  const schema: Schema = {
    properties: {
      which: { type: 'string', default: 'record' },
      link: { type: 'string', 'x-when': { which: ['linked'] } },
      where: { 'x-when': [{ which: ['children'] }, { link: true }] },
    },
  }
  const link = schema.properties?.link ?? {}
  const where = schema.properties?.where ?? {}

  test('is shown for the values that it names', () => {
    expect(isShown(link, { which: 'linked' })).toBe(true)
    expect(isShown(link, {}, { which: 'record' })).toBe(false)
    expect(isShown(where, { link: 'account' })).toBe(true)
    expect(isShown(where, { link: '' })).toBe(false)
  })

  test('is taken out when it is hidden, and what hung on it as well', () => {
    const before = { which: 'linked', link: 'account', where: { all: [] }, set: { a: 1 } }
    expect(withValue(schema, before, 'which', 'record')).toEqual({ which: 'record', set: { a: 1 } })
  })

  test('keys that no schema knows stay', () => {
    expect(withValue(schema, { trigger: 'manual' }, 'which', 'record')).toEqual({
      trigger: 'manual',
      which: 'record',
    })
  })

  test('nothing takes a key out', () => {
    expect(withValue(schema, { which: 'record', set: {} }, 'which', undefined)).toEqual({ set: {} })
  })
})

describe('one of several ways', () => {
  const ways = [
    { label: 'A user', keys: ['user'] },
    { label: 'The owner', keys: ['owner'] },
    { label: 'Documents', keys: ['documents', 'name'] },
  ]
  const schema: Schema = {
    'x-one-of': ways,
    properties: {
      user: { type: 'integer' },
      owner: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
      documents: { const: true, type: 'boolean' },
      name: { type: 'string' },
      note: { type: 'string' },
    },
  }
  test('is the one that has a value', () => {
    expect(wayOf(ways, { owner: true })?.label).toBe('The owner')
    expect(wayOf(ways, { name: '*.pdf' })?.label).toBe('Documents')
    expect(wayOf(ways, { user: null })).toBeUndefined()
  })
  test('choosing another takes the values of the first, and nothing else', () => {
    expect(withWay(schema, {}, { user: 4, note: 'x' }, { label: '', keys: ['owner'] })).toEqual({
      note: 'x',
      owner: true,
    })
    expect(withWay(schema, {}, { owner: true }, { label: '', keys: ['user'] })).toEqual({})
    expect(withWay(schema, {}, {}, { label: '', keys: ['documents', 'name'] })).toEqual({ documents: true })
  })
})

test.each<[Schema, string]>([
  [{ 'x-widget': 'condition' }, 'condition'],
  [{ 'x-widget': 'script', type: 'string', maxLength: 5000 }, 'script'],
  [{ 'x-widget': 'holograph', type: 'string' }, 'text'],
  [{ 'x-widget': 'person', type: 'object', properties: {} }, 'object'],
  [{ type: 'string', enum: ['a'] }, 'select'],
  [{ type: 'string', maxLength: 5000 }, 'long-text'],
  [{ type: 'array', items: { type: 'string' } }, 'tags'],
  [{ type: 'array', items: { enum: ['a'] } }, 'choices'],
  [{ type: 'array', items: { $ref: '#' } }, 'list'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'dictionary'],
  [{}, 'json'],
])('%j is edited with %s', (schema, wanted) => {
  expect(widgetOf(schema)).toBe(wanted)
})
