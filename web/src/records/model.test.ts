import { describe, expect, it } from 'vitest'
import { plainText, safeAddress } from './fields/Value'
import { exactNumber, maySet, readableFields, same, titleOf, usualColumns, whereKey } from './model'
import { aField, aMe, aModule, aRecord } from './testing'

const module = aModule()

describe('rights to a field', () => {
  it('hide what may not be read', () => {
    const rights = {
      read: 'all',
      create: 'all',
      update: 'all',
      delete: 'none',
      fields: { amount: 'none' as const },
    }
    const keys = readableFields(module, aMe({ modules: { deals: rights } })).map((field) => field.key)
    expect(keys).not.toContain('amount')
    expect(keys).toContain('name')
  })

  it.each([
    ['name', {}, true],
    ['total', {}, false],
    ['id', {}, false],
    ['name', { modules: {} }, false],
    ['name', { modules: {}, administrator: true }, true],
  ])('to set %s with %j: %s', (key, who, allowed) => {
    const field = module.fields.find((one) => one.key === key) ?? aField()
    expect(maySet(module, field, aMe(who), 'update')).toBe(allowed)
  })
})

it('shows the title first and leaves long fields out', () => {
  expect(usualColumns(module, aMe())).toEqual(['name', 'amount', 'owner', 'total'])
})

it.each([
  [null, undefined, true],
  ['', null, true],
  [0, null, false],
  [['a'], ['a'], true],
  [1, '1', false],
])('%j and %j are the same: %s', (one, other, alike) => {
  expect(same(one, other)).toBe(alike)
})

it('names a record without a title by its id', () => {
  expect(titleOf(module, aRecord({ name: '' }))).toBe('#7')
})

it('finds records by a key that is a number', () => {
  expect(whereKey(module, ['7', '8'])).toEqual({ field: 'id', operator: 'is_one_of', value: [7, 8] })
})

it('finds no records by a key of two columns', () => {
  expect(whereKey(aModule({ key_columns: ['a', 'b'] }), ['7'])).toBeNull()
})

it('shows the seven digits that a single precision number has', () => {
  const field = aField({ type: 'decimal', options: { sql_type: 'real' } })
  expect(exactNumber(field, 9.800000190734863)).toBe(9.8)
})

it.each([
  ['https://example.org/a', 'https://example.org/a'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['not an address', null],
])('the address %s leads to %s', (text, address) => {
  expect(safeAddress(text)).toBe(address)
})

it('reads the words of a rich text', () => {
  expect(plainText('<p>Καλημέρα <b>κόσμε</b></p><script>alert(1)</script>')).toContain('Καλημέρα κόσμε')
})
