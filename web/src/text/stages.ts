import { plural } from './format'

/** Words of the scale-up in stages: a few records, then more, then all. */
export const stages = {
  menu: 'Scale up in stages',
  title: (name: string) => `Scale up: ${name}`,
  about:
    'Try it on a few records for real, look at what became of them, then on more. It does not start by itself meanwhile.',
  openWorkflow: 'Open workflow',
  steps: 'The way from a few records to all',
  step: ['A few records', 'Some hundred', 'A thousand or more', 'All'],
  stepAbout: ['3 to 10', '100 to 500', '1,000 to 10,000', 'what is left'],
  state: { done: 'done', current: 'now', ahead: 'to come' },

  none: 'Nothing was tried yet',
  notNow: 'There can be no stage now',
  toDisable: 'Disable it in the list of workflows',
  left: (count: number, module: string, byDates: boolean) =>
    byDates
      ? plural(count, {
          one: `{n} record of ${module} meets its conditions, and its time has come.`,
          other: `{n} records of ${module} meet its conditions, and their time has come.`,
        })
      : plural(count, {
          one: `{n} record of ${module} meets its conditions now.`,
          other: `{n} records of ${module} meet its conditions now.`,
        }),
  leftMore: (count: number, module: string) =>
    plural(count, {
      one: `{n} record of ${module} is left: it meets the conditions and was in no stage yet.`,
      other: `{n} records of ${module} are left: they meet the conditions and were in no stage yet.`,
    }),
  leftNone: 'No record meets its conditions now, so there is nothing to try it on.',
  leftNoneByDates:
    'No record meets its conditions whose time has come, so there is nothing to try it on. Records whose time is still to come are left to the workflow itself.',
  notBefore: 'Records whose time is still to come are left to the workflow itself, once it is active.',
  beginTitle: 'Begin with a few records',
  beginAbout:
    'This is for real: records are changed and messages are sent. Begin with three to ten, few enough to look at one by one and to put right by hand.',
  size: 'How many records',
  sizeMost: (most: string) => `At most ${most} in this stage`,
  begin: (count: number) => plural(count, { one: 'Run on {n} record', other: 'Run on {n} records' }),
  begun: 'The stage is under way',
  notBegun: 'The stage did not begin',

  stage: (nr: number) => `Stage ${nr}`,
  ran: (version: number) => `version ${version}`,
  by: (name: string) => `begun by ${name}`,
  approved: (name: string) => `${name} said that it looks right`,
  openRun: 'Open this bulk run',
  compare: 'Expected and found',
  counts: {
    expected: 'Expected',
    matched: 'Taken',
    processed: 'Processed',
    changed: 'Changed',
    skipped: 'Skipped',
    failed: 'Failed',
    waiting: 'Waiting',
    still_matching: 'Still match',
  },
  fewer: (count: number) =>
    plural(count, {
      one: 'One record fewer than expected was taken: it met the conditions no more when the stage began.',
      other:
        '{n} records fewer than expected were taken: they met the conditions no more when the stage began.',
    }),
  stillAbout:
    'Still match: records of this stage that meet the conditions also now, so that a schedule would take them again.',
  unchangedAbout: (count: number) =>
    plural(count, {
      one: '{n} record was processed without a change to its own fields.',
      other: '{n} records were processed without a change to their own fields.',
    }),
  changes: 'Before and after',
  failures: 'What failed',
  showChanges: 'Show before and after',
  hideChanges: 'Hide before and after',

  redrawnTitle: 'The draft was changed after this stage',
  redrawn: (version: number) =>
    `The stages until now ran version ${version} or an earlier one. The next stage runs the draft as it is now, so try it on a few records first.`,
  earlier: 'The draft was changed since',
  ask: 'Does this look right?',
  askAbout:
    'Look at the records above. If something is wrong, stop here, correct the workflow, and begin again.',
  askFailed: (count: number) =>
    plural(count, {
      one: '{n} record failed. Go on only if you know why.',
      other: '{n} records failed. Go on only if you know why.',
    }),
  next: 'Looks right, next stage',
  nextDone: 'The next stage is under way',
  last: 'Looks right, finish',
  allDone: 'Every record that meets the conditions was in a stage.',
  stop: 'Stop here',
  stopTitle: 'Stop the scale-up?',
  stopAbout: 'What the stages did stays. There will be no further stage; you can begin a new scale-up later.',
  stopped: 'The scale-up was stopped',
  notDone: 'It was not done',
  wait: 'This stage is under way. You decide when it is over.',
  cancel: 'Cancel this stage',

  finishedTitle: 'Every stage looked right',
  finishedAbout:
    'It went over every record that met its conditions. Activate it, and it starts by itself from now on.',
  finishedRedrawn:
    'The draft was changed after the last stage. Scale up again, or publish the draft from the workflow’s page.',
  activate: 'Activate',
  activated: 'The workflow is active',
  isActive: 'It is active now, and starts by itself.',
  stoppedTitle: 'The last scale-up was stopped',
  stoppedAbout: 'What its stages did is listed below. A new one begins with a few records again.',
  again: 'Begin again',
}
