import { describe, expect, it } from 'vitest'
import type { Task } from '../api'
import { groupOf, inGroups } from './groups'
import { fitting, wantedOf } from './wanted'

const NOW = new Date('2026-11-22T21:30:00Z')

const task = (change: Partial<Task>): Task => ({
  id: 1,
  kind: 'task',
  title: 'Call',
  description: null,
  status: 'open',
  priority: 'normal',
  due_at: null,
  assignee_user_id: 5,
  assignee_group_id: null,
  module: null,
  record_id: null,
  run_id: null,
  needs_file: false,
  created_at: '2026-11-01T00:00:00Z',
  updated_at: '2026-11-01T00:00:00Z',
  done_at: null,
  done_by: null,
  escalate_at: null,
  escalated_at: null,
  escalated_to: null,
  etag: '1',
  ...change,
})

describe('the heading of a task', () => {
  it.each([
    ['open', '2026-11-22T21:29:00Z', 'UTC', 'overdue'],
    ['in_progress', '2026-11-22T23:00:00Z', 'UTC', 'today'],
    ['open', '2026-11-22T22:30:00Z', 'Europe/Helsinki', 'later'],
    ['open', '2026-11-23T00:30:00Z', 'UTC', 'later'],
    ['open', '2026-11-23T00:30:00Z', 'America/New_York', 'today'],
    ['open', null, 'UTC', 'none'],
    ['done', '2026-11-01T00:00:00Z', 'UTC', 'done'],
    ['cancelled', null, 'UTC', 'done'],
  ])('that is %s and due at %s in %s is %s', (status, due_at, zone, group) => {
    expect(groupOf({ status, due_at }, zone, NOW)).toBe(group)
  })

  it('is left out when nothing stands under it, and the first due comes first', () => {
    const tasks = [
      task({ id: 1, due_at: '2026-11-30T00:00:00Z' }),
      task({ id: 2, due_at: '2026-11-01T00:00:00Z' }),
      task({ id: 3, due_at: '2026-11-30T00:00:00Z', priority: 'urgent' }),
      task({ id: 4, due_at: '2026-10-01T00:00:00Z' }),
    ]
    const found = inGroups(tasks, 'UTC', NOW).map(({ key, tasks }) => [key, tasks.map(({ id }) => id)])
    expect(found).toEqual([
      ['overdue', [4, 2]],
      ['later', [3, 1]],
    ])
  })

  it('has what was done last on top', () => {
    const tasks = [
      task({ id: 1, status: 'done', done_at: '2026-11-01T00:00:00Z' }),
      task({ id: 2, status: 'done', done_at: '2026-11-02T00:00:00Z' }),
    ]
    expect(inGroups(tasks, 'UTC', NOW)[0]?.tasks.map(({ id }) => id)).toEqual([2, 1])
  })
})

describe('the filters of tasks', () => {
  const tasks = [
    task({ id: 1, title: 'Καλέστε τον πελάτη' }),
    task({ id: 2, assignee_user_id: null, assignee_group_id: 3, description: 'Ask for the invoice' }),
    task({ id: 3, assignee_user_id: 8, assignee_group_id: 3 }),
    task({ id: 4, assignee_group_id: 3 }),
  ]
  it.each([
    ['', [1, 2, 3, 4]],
    ['whose=mine', [1, 4]],
    ['whose=groups', [2, 3]],
    ['whose=somebody', [1, 2, 3, 4]],
    ['search=ΚΑΛΕΣΤΕ πελατη', [1]],
    ['search=invoice call', [2]],
    ['search=  ', [1, 2, 3, 4]],
    ['search=nothing', []],
  ])('"%s" leave %j', (address, ids) => {
    expect(fitting(tasks, wantedOf(new URLSearchParams(address)), 5).map(({ id }) => id)).toEqual(ids)
  })
})
