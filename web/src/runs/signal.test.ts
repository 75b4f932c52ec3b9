import { expect, test } from 'vitest'
import type { WorkflowNode } from '../editor/document'
import { awaitedSignal, valuesOf } from './signal'

const NODES: WorkflowNode[] = [
  { key: 'wait', block: 'wait', config: { signal: 'paid' } },
  { key: 'pause', block: 'wait', config: { duration: { amount: 1 } } },
  { key: 'mail', block: 'send_email', config: {} },
]

test.each([
  ['waiting', 'wait', { memo: { limit: '2030-01-01T00:00:00Z' } }, 'paid', '2030-01-01T00:00:00Z'],
  ['waiting', 'wait', { memo: { limit: null } }, 'paid', null],
  ['waiting', 'wait', null, 'paid', null],
  ['waiting', 'pause', null, undefined, undefined],
  ['waiting', 'gone', null, undefined, undefined],
  ['waiting', null, null, undefined, undefined],
  ['succeeded', 'wait', null, undefined, undefined],
] as const)('a run that is %s at %s with %j awaits %s', (status, node, waiting, name, until) => {
  const found = awaitedSignal({ status, node, waiting }, NODES)
  expect([found?.name, found?.until]).toEqual([name, until])
})

test('values without a name are left out, and the last of a name counts', () => {
  const rows = [
    { name: ' who ', value: 'Άννα' },
    { name: '', value: 'x' },
    { name: 'why', value: '' },
    { name: 'who', value: 'Zoë' },
  ]
  expect(valuesOf(rows)).toEqual({ who: 'Zoë', why: '' })
  expect(valuesOf([])).toEqual({})
})
