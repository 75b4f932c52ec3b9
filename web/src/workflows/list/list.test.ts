import { describe, expect, it } from 'vitest'
import { countBlocks, readWorkflowFile, startingWith } from './file'
import { quotaOf } from './quota'
import { asked, isFiltered, wantedOf, withFilter } from './wanted'

describe('the filters of an address', () => {
  it.each([
    ['', { search: '', module: null, state: null, category: null, sort: 'last_run' }],
    ['state=active&sort=name', { search: '', module: null, state: 'active', category: null, sort: 'name' }],
    [
      'state=Active&category=&sort=;drop',
      { search: '', module: null, state: null, category: null, sort: 'last_run' },
    ],
    [
      'search=καλωσόρισμα&module=contacts&category=customer',
      { search: 'καλωσόρισμα', module: 'contacts', state: null, category: 'customer', sort: 'last_run' },
    ],
  ])('of "%s" are read', (address, wanted) => {
    expect(wantedOf(new URLSearchParams(address))).toEqual(wanted)
  })

  it('are taken out when they are emptied, and leave the others', () => {
    const params = withFilter(new URLSearchParams('state=draft&new=1&search=x'), 'search', '')
    expect(params.toString()).toBe('state=draft&new=1')
  })

  it('ask the server only for what is set', () => {
    expect(asked(wantedOf(new URLSearchParams('module=orders')))).toEqual({
      module: 'orders',
      sort: 'last_run',
    })
  })

  it('count as filters, the order does not', () => {
    expect(isFiltered(wantedOf(new URLSearchParams('sort=name')))).toBe(false)
    expect(isFiltered(wantedOf(new URLSearchParams('state=draft')))).toBe(true)
  })
})

describe('a workflow as a file', () => {
  const workflow = {
    key: 'welcome',
    name: '[Επαφή] — Καλωσόρισμα',
    module: 'contacts',
    description: '',
    category: 'customer',
    draft: startingWith('record_created'),
  }

  it('comes back as it was written, but for its key', () => {
    const { key: _, draft, ...rest } = workflow
    const text = JSON.stringify({ ...workflow, draft: undefined, document: draft })
    expect(readWorkflowFile(text)).toEqual({ ...rest, document: draft })
  })

  it.each([
    ['', 'not_json'],
    ['{', 'not_json'],
    ['null', 'not_workflow'],
    ['[]', 'not_workflow'],
    ['{"name": "x"}', 'not_workflow'],
    ['{"name": 1, "document": {}}', 'not_workflow'],
    ['{"name": "x", "document": []}', 'not_workflow'],
  ])('is not found in %s', (text, fault) => {
    expect(readWorkflowFile(text)).toBe(fault)
  })

  it('takes no category that is not known', () => {
    const read = readWorkflowFile('{"name": "x", "document": {}, "category": "spam", "module": 3}')
    expect(read).toMatchObject({ category: null, module: null, description: '' })
  })

  it.each([
    [{}, 0],
    [{ nodes: 'no' }, 0],
    [startingWith('manual'), 1],
  ])('of %j has its blocks counted', (document, count) => {
    expect(countBlocks(document)).toBe(count)
  })
})

describe('the quota', () => {
  const of = (used: number, limit: number | null) =>
    quotaOf({
      active_and_disabled: { used, limit, full: limit !== null && used >= limit },
      scheduled: { used: 0, limit: null, full: false },
    })

  it.each([
    [8, null, null, false, false],
    [8, 10, '8 of 10 active or disabled', false, false],
    [10, 10, '10 of 10 active or disabled', true, false],
    [12, 10, '12 of 10 active or disabled', true, true],
    [0, 0, '0 of 0 active or disabled', true, false],
  ])('of %s used and %s allowed', (used, limit, words, full, over) => {
    const found = of(used, limit)
    expect([found.words, found.full !== null, found.over !== null]).toEqual([words, full, over])
  })

  it('is none as long as it is not known', () => {
    expect(quotaOf(undefined)).toEqual({ words: null, full: null, over: null, clock: null })
  })

  it.each([
    [0, null, false],
    [1, 2, false],
    [2, 2, true],
  ])('of %s by the clock and %s allowed', (used, limit, full) => {
    const none = { used: 0, limit: null, full: false }
    const found = quotaOf({ active_and_disabled: none, scheduled: { used, limit, full } })
    expect(found.clock !== null).toBe(full)
  })
})
