import { expect, it } from 'vitest'
import { kindOf, nameOf, originOf, type Ran } from './origin'

const task = { kind: 'data_task', key: 'lapse', name: 'Λήξη' } as const
const strategy = { kind: 'strategy', key: 'default', name: 'Default' } as const
const playbook = { kind: 'playbook', key: 'disputed', name: 'Disputed claim' } as const

it.each<[string, Ran, string | undefined, string | null, string | null]>([
  [
    'a workflow',
    { workflow: 'welcome', workflow_name: 'Welcome', made_from: null },
    '/workflows/welcome',
    'Welcome',
    null,
  ],
  [
    'a data task',
    { workflow: 'data_task_3_4', workflow_name: 'Old name', made_from: task },
    '/data-tasks/lapse',
    'Λήξη',
    'Data task',
  ],
  [
    'a removed data task',
    { workflow: 'data_task_3_4', workflow_name: 'Lapse', made_from: null },
    '/data-tasks',
    'Lapse',
    'Data task',
  ],
  [
    'a step of a strategy',
    { workflow: 's_1', workflow_name: 'Reminder', made_from: strategy },
    '/strategies/default',
    'Reminder',
    'Strategy: Default',
  ],
  [
    'a playbook',
    { workflow: 'disputed', workflow_name: 'Disputed claim', made_from: playbook },
    '/playbooks/disputed',
    'Disputed claim',
    'Playbook',
  ],
  [
    'a workflow named like one',
    { workflow: 'data_task', workflow_name: 'Mine', made_from: null },
    '/workflows/data_task',
    'Mine',
    null,
  ],
  ['what is gone', { workflow: null, workflow_name: null, made_from: null }, undefined, null, null],
])('leads from a run to %s', (_, ran, to, name, kind) => {
  expect([originOf(ran)?.to, nameOf(ran), kindOf(ran)]).toEqual([to, name, kind])
})
