import { expect, test } from 'vitest'
import { endOfWait } from './waiting'

const at = '2026-11-22T18:58:00Z'
const node = (block: string, config: Record<string, unknown>) => ({ key: 'n', block, config }) as never

test.each([
  ['so long', 'wait', { duration: { amount: 3 } }, at],
  ['until a date', 'wait', { until_field: 'due_on' }, at],
  ['until something is so, which is asked again then', 'wait', { condition: { field: 'paid' } }, null],
  ['for a signal', 'wait', { signal: 'paid' }, null],
  ['for a bulk run', 'data_task', { task: 'lapse' }, null],
])('a run that waits %s', (_what, block, config, until) => {
  expect(endOfWait({ status: 'waiting', ready_at: at }, node(block, config))).toBe(until)
})

test('a run that does not wait, or at no block that is known', () => {
  const clock = node('wait', { time_of_day: '08:00' })
  expect(endOfWait({ status: 'running', ready_at: at }, clock)).toBeNull()
  expect(endOfWait({ status: 'waiting', ready_at: at }, undefined)).toBeNull()
})
