import { plural } from './format'

/** Words of the bars of recent runs, on Home and in the list of workflows. */
export const bars = {
  none: 'No runs yet',
  runs: { one: '{n} run', other: '{n} runs' },
  records: { one: '{n} record', other: '{n} records' },
  failed: (count: string) => `${count} failed`,
  legend: 'What the bars mean',
  open: 'Under way or waiting',
  underWay: 'Under way',
  took: (duration: string) => `Took ${duration}`,
  heightMeans: 'A higher bar is a longer run.',
}

/** Words of the page one sees first. */
export const home = {
  title: 'Home',
  hello: (name: string) => `Hello, ${name}`,
  workflows: 'Workflows',
  allWorkflows: 'All workflows',
  newWorkflow: 'New workflow',
  noRunsMore: 'As soon as an active workflow runs, its last runs stand here as bars.',
  column: { workflow: 'Workflow', bars: 'Recent runs', last: 'Last run' },
  attention: 'Needs attention',
  nothing: 'Nothing failed, and nothing is held.',
  kinds: {
    failed_runs: (count: number) => plural(count, { one: '{n} failed run', other: '{n} failed runs' }),
    partial_runs: (count: number) =>
      plural(count, { one: '{n} run partly done', other: '{n} runs partly done' }),
    bulk_runs: (count: number) =>
      plural(count, { one: '{n} bulk run with failed records', other: '{n} bulk runs with failed records' }),
    held_runs: (count: number) => plural(count, { one: '{n} run held', other: '{n} runs held' }),
    held_messages: (count: number) => plural(count, { one: '{n} message held', other: '{n} messages held' }),
    failed_messages: (count: number) =>
      plural(count, { one: '{n} message not delivered', other: '{n} messages not delivered' }),
    uncertain_messages: (count: number) =>
      plural(count, { one: '{n} uncertain message', other: '{n} uncertain messages' }),
  },
  about: {
    failed_runs: 'In the last seven days. Open one to see what went wrong, then run it again.',
    partial_runs: 'In the last seven days, some of their records failed. Open one to see which.',
    bulk_runs:
      'In the last seven days. Open one to see which records failed and why, and run it again on these.',
    held_runs: 'They were stopped before they could go in circles. Look at one, then let it go on.',
    held_messages: 'More wanted to leave than a cap allows. Look at a few, then release or discard them.',
    failed_messages: 'They could not be delivered. Open one to see why.',
    uncertain_messages: 'Nobody can tell whether they arrived. Find out, and say what became of them.',
  },
  open: 'Open',
  all: 'Show all',
  aMessage: 'A message',
  aBulkRun: 'A bulk run',
  failedOf: (failed: string, all: string) => `${failed} of ${all} records failed`,
  release: 'Release',
  releaseTitle: 'Let this run go on?',
  releaseAbout: (workflow: string) =>
    `“${workflow}” goes on where it was held. Look at the run first if you do not know why it was.`,
  released: 'The run goes on',
  notReleased: 'The run was not released',
  rerun: 'Run again',
  rerunTitle: 'Run it again from the start?',
  rerunAbout: (workflow: string) =>
    `“${workflow}” starts anew for this record, as it is now. What the failed run did before it failed stays done, and may be done twice. Open the run to go on from the block that failed.`,
  rerunDone: 'The run was started again',
  notRerun: 'The run was not started again',
  tasks: 'My steps',
  openTasks: (count: number) => plural(count, { one: '{n} open', other: 'All {n} open' }),
  noTasksMore:
    'Tasks, approvals and forms that workflows give to you or to your groups stand here, overdue ones first.',
  notifications: 'Notifications',
  noNotificationsMore: 'What workflows tell you arrives here as it happens.',
  modules: 'My records',
  noModulesMore: 'You may not read any module yet. Ask an administrator for a role.',
  alarm: {
    down: 'Nothing happens by itself just now',
    late: 'Schedules are late',
  },
  health: {
    title: 'Engine',
    good: 'Everything runs on time.',
    workers: (count: number) => plural(count, { one: '{n} worker', other: '{n} workers' }),
    next: 'Next schedule',
    noNext: 'No schedule is set',
    details: 'Health',
  },
  start: {
    title: 'Get started',
    about: 'In any order. This list goes away when all is done.',
    done: 'Done',
    hide: 'Hide this list',
    gallery: 'Look through the gallery',
    progress: (done: number, all: number) => `${done} of ${all} done`,
    steps: {
      modules: {
        title: 'Say what your office keeps',
        about: 'Customers, orders, cases: add a module for each, or load a ready-made pack with examples.',
        deed: 'Add modules',
      },
      mail: {
        title: 'Let mail go out',
        about:
          'Until a mail server is set, mails are only kept for reading here. Nobody gets one by mistake.',
        deed: 'Set the mail server',
      },
      workflow: {
        title: 'Draw the first workflow',
        about: 'Say when it starts, and what follows. Try it on sample records before it is active.',
        deed: 'New workflow',
      },
      people: {
        title: 'Let your colleagues in',
        about: 'Each with an account, and a role that says what they may see and change.',
        deed: 'Add people',
      },
    },
  },
}
