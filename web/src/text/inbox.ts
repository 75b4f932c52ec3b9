import { plural } from './format'

/** Words of the inbox: tasks and notifications. */
export const inbox = {
  title: 'Inbox',
  about: 'What you and your groups have to do, and what workflows tell you.',
  due: 'due',
  overdue: 'was due',
  isNew: 'New:',
  toRecord: 'Record',
  toRun: 'Run',
  openTasks: (count: number) => plural(count, { one: '{n} task', other: '{n} tasks' }),
}
