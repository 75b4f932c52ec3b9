import { describe, expect, it } from 'vitest'
import { aModule, aRecord } from '../testing'
import { contested } from './saving'

const module = aModule()
const base = aRecord({ name: 'A', amount: 1, notes: null })

describe('fields that two people changed', () => {
  it.each([
    ['nobody else changed', { name: 'B' }, { name: 'A', amount: 1 }, []],
    ['others changed elsewhere', { name: 'B' }, { name: 'A', amount: 2 }, []],
    ['both changed alike', { name: 'B' }, { name: 'B', amount: 1 }, []],
    ['both changed otherwise', { name: 'B' }, { name: 'C', amount: 1 }, ['name']],
    ['both emptied', { name: null }, { name: '', amount: 1 }, []],
    [
      'two of three clash',
      { name: 'B', amount: 5, notes: 'x' },
      { name: 'C', amount: 6 },
      ['name', 'amount'],
    ],
  ])('%s', (_, edits, values, clash) => {
    const current = aRecord({ ...base.values, ...values }, '2')
    expect(contested(module, base, current, edits).map((field) => field.key)).toEqual(clash)
  })
})
