import { describe, expect, it } from 'vitest'
import { aField, aMe, aModule, aView } from '../testing'
import { listState, nextSort, readAddress, searchedFields, wholeWhere } from './state'

const module = aModule()
const state = (address: string, view = aView()) =>
  listState(readAddress(new URLSearchParams(address)), view, module, aMe())

describe('what a list shows', () => {
  it('follows the view where the address says nothing', () => {
    expect(state('view=1')).toMatchObject({ sort: ['-amount'], columns: ['name', 'amount'], changed: false })
  })

  it('follows the address where it says something', () => {
    const shown = state('view=1&sort=name&columns=name')
    expect(shown).toMatchObject({ sort: ['name'], columns: ['name'], changed: true })
  })

  it('shows every record when the address empties the filter of the view', () => {
    expect(state('view=1&where=').where).toBeNull()
  })

  it.each(['{', '[1]', '"x"', 'null'])('keeps the filter of the view when %s is in the address', (text) => {
    const shown = state(`where=${encodeURIComponent(text)}`)
    expect(shown.broken).toBe(true)
    expect(shown.where).toEqual(aView().definition.where)
  })

  it('leaves out fields that are gone or may not be read', () => {
    expect(state('columns=name,nothing&sort=-nothing')).toMatchObject({ columns: ['name'], sort: [] })
  })
})

describe('the search', () => {
  it('is added to the filter', () => {
    const shown = state('view=1&q=%CE%86%CE%BD%CE%BD%CE%B1')
    expect(wholeWhere(shown, module)).toEqual({
      all: [aView().definition.where, { field: 'name', operator: 'contains', value: 'Άννα' }],
    })
  })

  it.each(['', '   '])('of "%s" is no search', (text) => {
    expect(wholeWhere(state(`where=&q=${text}`), module)).toBeNull()
  })
})

it('looks into a name as well where the title is a number', () => {
  const numbered = aModule({
    title_field: 'number',
    fields: [aField({ key: 'number', type: 'auto_number' }), aField({ key: 'subject' })],
  })
  expect(searchedFields(numbered).map((field) => field.key)).toEqual(['number', 'subject'])
})

describe('a click on a column', () => {
  it.each([
    [[], 'name', ['name']],
    [['name'], 'name', ['-name']],
    [['-name'], 'name', []],
    [['amount'], 'name', ['name']],
  ])('makes %s by %s into %s', (before, key, after) => {
    expect(nextSort(before, key)).toEqual(after)
  })
})
