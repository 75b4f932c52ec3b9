import { describe, expect, it, test } from 'vitest'
import type { TestedRecord } from '../../api'
import { drawingProblems, isChosen, listensToChanges, requestOf, type Setup, startIn } from './setup'
import { endOf, madeIn, stepTo, wouldOf, writesOf } from './walk'

const SETUP: Setup = {
  on: 'records',
  records: ['1', '2'],
  form: { name: 'Αθήνα' },
  change: { a: 1 },
  anyway: false,
  arrived: null,
}
const DOCUMENT = { format: 1, nodes: [], edges: [], settings: {} }
const ABOUT = { workflow: 'w', document: DOCUMENT, module: 'leads', changes: true }

describe('what is sent for a test', () => {
  it('has the records or the form, never both', () => {
    expect(requestOf(SETUP, ABOUT)).toMatchObject({ records: ['1', '2'], change: { a: 1 } })
    expect(requestOf(SETUP, ABOUT)).not.toHaveProperty('form')
    const made = requestOf({ ...SETUP, on: 'form' }, ABOUT)
    expect(made).toMatchObject({ form: { name: 'Αθήνα' } })
    expect(made).not.toHaveProperty('records')
  })
  it('has neither without a module', () => {
    const sent = requestOf(SETUP, { ...ABOUT, module: null })
    expect(sent).not.toHaveProperty('records')
    expect(sent).not.toHaveProperty('form')
  })
  it('keeps the change back where the trigger listens to none', () => {
    expect(requestOf(SETUP, { ...ABOUT, changes: false })).toMatchObject({ change: {} })
  })
  it('never has more than ten records', () => {
    const many = Array.from({ length: 30 }, (_, index) => String(index))
    expect(requestOf({ ...SETUP, records: many }, ABOUT).records).toHaveLength(10)
  })
})

test.each([
  [SETUP, 'leads', true],
  [{ ...SETUP, records: [] }, 'leads', false],
  [{ ...SETUP, records: [], on: 'form' as const }, 'leads', true],
  [{ ...SETUP, records: [] }, null, true],
])('a test can begin when there is something to test on', (setup, module, able) => {
  expect(isChosen(setup, module)).toBe(able)
})

test('the trigger and the filter are those of START', () => {
  const filter = { field: 'name', operator: 'is_empty' }
  const start = { key: 's', block: 'start', config: { trigger: 'manual', filter } }
  expect(startIn({ ...DOCUMENT, nodes: [start] })).toEqual({ trigger: 'manual', filter })
  expect(startIn(DOCUMENT)).toEqual({ trigger: null, filter: null })
})

test.each([
  [{ key: 'record_updated', has_old: true }, true],
  [{ key: 'record_created', has_old: true }, false],
  [{ key: 'schedule', has_old: false }, false],
  [undefined, false],
])('one says what changes only for triggers that listen to changes', (trigger, listens) => {
  expect(listensToChanges(trigger)).toBe(listens)
})

test('problems of the drawing lead to their block, those of the form stay with it', () => {
  const nodes = [
    { key: 'start', block: 'start', config: {} },
    { key: 'tell', block: 'send_email', config: {} },
  ]
  const problem = (path: string) => ({ code: 'missing', message: 'Missing.', path })
  const found = drawingProblems(
    [problem('/document/nodes/1/config/to'), problem('/document'), problem('/form/name')],
    { ...DOCUMENT, nodes },
  )
  expect(found.map(({ node, path }) => [node, path])).toEqual([
    ['tell', '/nodes/1/config/to'],
    [null, ''],
  ])
})

test.each([
  [{ taken: true, trigger_held: true, status: 'succeeded' }, 'start'],
  [{ taken: false, trigger_held: true, status: null }, 'filter'],
  [{ taken: false, trigger_held: false, status: null }, 'trigger'],
  [{ taken: false, trigger_held: false, status: 'succeeded' }, 'anyway'],
] as const)('%j: %s', (record, would) => {
  expect(wouldOf(record)).toBe(would)
})

test('a record without a run is neither green nor red', () => {
  expect(endOf({ status: null, error: null })).toBe('skipped')
  expect(endOf({ status: 'waiting', error: { message: 'Stopped after 100 waits.' } })).toBe('failed')
})

test('every kind of write counts', () => {
  const undone = [
    { table: 'data.leads', inserted: 1, updated: 2, deleted: 3 },
    { table: 'whereupon.runs', inserted: 1, updated: 0, deleted: 0 },
  ]
  expect(writesOf({ rolled_back: true, undone })).toBe(7)
  expect(writesOf({ rolled_back: true, undone: [] })).toBe(0)
})

test('records of the test alone are those that it created, and the one of the form', () => {
  const change = (operation: string, record_id: string) => ({ module: 'tasks', record_id, operation })
  const step = { changes: [change('created', '7'), change('updated', '8')] }
  const record = { record_id: '1', steps: [step] } as unknown as TestedRecord
  expect([...madeIn(record, 'leads', true)]).toEqual(['leads/1', 'tasks/7'])
  expect([...madeIn(record, 'leads', false)]).toEqual(['tasks/7'])
})

test.each([
  ['ArrowRight', 0, 3, 1],
  ['ArrowDown', 2, 3, 2],
  ['ArrowLeft', 0, 3, 0],
  ['ArrowUp', 2, 3, 1],
  ['End', 0, 3, 2],
  ['Home', 2, 3, 0],
  ['x', 1, 3, null],
  ['ArrowRight', 0, 0, null],
])('%s at %i of %i leads to %j', (key, at, length, to) => {
  expect(stepTo(key, at, length)).toBe(to)
})

describe('a workflow that another program starts', () => {
  const start = { trigger: 'webhook', variables: [{ name: 'kind' }] }
  const document = { ...DOCUMENT, nodes: [{ key: 'start', block: 'start', config: start }] }

  it('is tested with the example until something else is typed', () => {
    const about = { ...ABOUT, document }
    expect(requestOf(SETUP, about)).toMatchObject({ arrived: { kind: 'Zoë Ångström' }, module: 'leads' })
    expect(requestOf(SETUP, about)).not.toHaveProperty('records')
    expect(requestOf({ ...SETUP, arrived: '{"kind": "Ω"}' }, about)).toMatchObject({ arrived: { kind: 'Ω' } })
  })

  it.each([
    ['the example', null, true],
    ['an object', '{}', true],
    ['a list', '[]', false],
    ['nothing', '', false],
    ['half an object', '{"a":', false],
  ])('can be tested with %s: %s', (_, arrived, able) => {
    expect(isChosen({ ...SETUP, arrived }, null, '{}')).toBe(able)
  })
})
