import { expect, test } from 'vitest'
import type { FieldOut, ModuleOut } from '../api'
import { moduleFor } from './about'
import { childModule, childrenAround, childrenOf, labelOfPath, namesOf, typedPath } from './names'
import type { Schema } from './types'

function field(key: string, type: string, options: Record<string, unknown> = {}): FieldOut {
  return {
    key,
    type,
    options,
    label: key.toUpperCase(),
    description: '',
    required: false,
    unique: false,
    indexed: false,
    read_only: false,
    system: false,
    position: 0,
  }
}
function module(key: string, fields: FieldOut[], keys = ['id']): ModuleOut {
  return {
    id: 1,
    key,
    label: key,
    label_plural: `${key}s`,
    description: '',
    table: key,
    key_columns: keys,
    attached: false,
    read_only: false,
    system: false,
    captured: true,
    title_field: null,
    owner_field: null,
    parent_field: null,
    fields,
  }
}
const MODULES = new Map(
  [
    module('order', [
      field('account', 'reference', { target: 'account' }),
      field('lines', 'line_items', { target: 'order_lines' }),
      field('total', 'formula', { result: 'decimal' }),
    ]),
    module('order_lines', [field('order', 'reference', { target: 'order' }), field('product', 'text')]),
    module('account', [field('name', 'text'), field('owner', 'user')]),
    module('task', [
      field('order', 'reference', { target: 'order' }),
      field('checker', 'reference', { target: 'order' }),
    ]),
    module('users', [field('manager', 'user')]),
    module('double', [], ['a', 'b']),
  ].map((one) => [one.key, one]),
)
const around = { modules: MODULES, own: 'order', defs: {} }
const UPDATE: Schema = {
  properties: {
    which: { type: 'string', default: 'record' },
    link: { type: 'string', 'x-widget': 'path', 'x-when': { which: ['linked'] } },
    children: { type: 'string', 'x-widget': 'children', 'x-when': { which: ['children'] } },
    module: { type: 'string', 'x-widget': 'module', 'x-when': { which: ['found'] } },
  },
}
const KEYS = ['link', 'children', 'module']

test.each([
  [{}, 'order'],
  [{ which: 'linked', link: 'account' }, 'account'],
  [{ which: 'linked', link: 'account.owner' }, 'users'],
  [{ which: 'linked', link: 'gone' }, null],
  [{ which: 'children', children: 'lines' }, 'order_lines'],
  [{ which: 'children', children: 'task.order' }, 'task'],
  [{ which: 'found', module: 'account' }, 'account'],
  [{ which: 'record', module: 'account' }, 'order'],
])('values to write for %j go to %j', (value, wanted) => {
  expect(moduleFor(KEYS, [{ schema: UPDATE, value }], around)).toBe(wanted)
})

test('a key of the object around is found, and a field there is looked up in its own module', () => {
  const root: Schema = { properties: { module: { type: 'string', 'x-widget': 'module' } } }
  const line: Schema = {
    properties: {
      to: { type: 'string', 'x-widget': 'field', 'x-module': ['../module'] },
      from: { type: 'string', 'x-widget': 'field' },
    },
  }
  const levels = [
    { schema: root, value: { module: 'order' } },
    { schema: line, value: { to: 'lines', from: 'lines' } },
  ]
  expect(moduleFor(['to'], levels, { ...around, own: 'account' })).toBe('order_lines')
  expect(moduleFor(['from'], levels, { ...around, own: 'account' })).toBeNull()
})

test('paths are typed and said by their labels', () => {
  expect(typedPath(MODULES, 'order', 'account.owner.manager')).toMatchObject({
    kind: 'reference',
    target: 'users',
  })
  expect(typedPath(MODULES, 'order', 'total').kind).toBe('decimal')
  expect(typedPath(MODULES, 'order', 'old.account.name').kind).toBe('text')
  expect(typedPath(MODULES, 'order', 'id')).toMatchObject({ kind: 'reference', target: 'order' })
  expect(typedPath(MODULES, 'order', 'nodes.x.y').kind).toBeNull()
  expect(labelOfPath(MODULES, 'order', 'account.name')).toBe('ACCOUNT › NAME')
})

test('child records are line items and what links here, told apart by the link where there are two', () => {
  expect(childrenOf(MODULES, 'order').map((one) => [one.value, one.label])).toEqual([
    ['lines', 'LINES'],
    ['task.order', 'tasks (ORDER)'],
    ['task.checker', 'tasks (CHECKER)'],
  ])
})

test('the children of the record that a link leads to are children, too', () => {
  const around = childrenAround(MODULES, 'task').map((one) => [one.value, one.label])
  expect(around).toContainEqual(['order.lines', 'ORDER › LINES'])
  expect(around).toContainEqual(['order.task.order', 'ORDER › tasks (ORDER)'])
  expect(childModule(MODULES, 'task', 'order.task.order')?.key).toBe('task')
  expect(childModule(MODULES, 'task', 'order.nothing.here')).toBeNull()
})

test('a level names the fields that can be read one by one', () => {
  expect(namesOf(MODULES, 'order', '').map((one) => [one.name, one.expandable])).toEqual([
    ['id', false],
    ['account', true],
    ['total', false],
  ])
  expect(namesOf(MODULES, 'order', 'account').map((one) => one.template)).toContain(
    '{{ record.account.name }}',
  )
  expect(namesOf(MODULES, 'order', 'total')).toEqual([])
})
