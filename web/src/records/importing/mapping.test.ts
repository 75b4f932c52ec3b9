import { describe, expect, it } from 'vitest'
import type { Import } from '../../api'
import { aMe, aModule } from '../testing'
import { importable, missingFields, possibleKeys } from './mapping'
import { pace, remaining } from './useImport'

const module = aModule()

describe('columns and fields', () => {
  it('go only where one may write', () => {
    expect(importable(module, aMe()).map((field) => field.key)).toEqual(['name', 'amount', 'owner', 'notes'])
  })

  it('find records only by what is mapped', () => {
    const keys = possibleKeys(module, { 0: { column: 0, field: 'amount' }, 1: { column: 1, field: 'total' } })
    expect(keys.map((field) => field.key)).toEqual(['amount'])
  })

  it('say which required fields are missing', () => {
    expect(missingFields(module, {}, aMe()).map((field) => field.key)).toEqual(['name'])
    expect(missingFields(module, { 0: { column: 0, field: 'name' } }, aMe())).toEqual([])
  })
})

describe('the time that is left', () => {
  const at = Date.parse('2026-11-22T05:00:10Z')
  const started = { started_at: '2026-11-22T05:00:00Z', rows_per_second: null }
  it('follows the pace so far', () => {
    const found = { ...started, done: 100, total: 300 } as Import
    expect(pace(found, at)).toBe(10)
    expect(remaining(found, at)).toBe(20)
  })

  it.each([
    [{ ...started, done: 0, total: 300 }],
    [{ ...started, done: 5, total: null }],
    [{ started_at: null, rows_per_second: null, done: 5, total: 10 }],
  ])('is not known for %j', (found) => {
    expect(remaining(found as Import, at)).toBeNull()
  })
})
