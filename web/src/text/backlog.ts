import { plural } from './format'

/** Words about dates that have passed before a workflow begins; see text/index.ts. */
export const backlog = {
  heading: 'Records whose time has passed',
  asked: (records: string) =>
    `For ${records} the time has passed already, and nothing was started. What should happen now?`,
  askedStaged: (records: string) =>
    `For ${records} the time has passed already. The stages went over the records that met the conditions. What should happen now?`,
  runAgain:
    'They start within a minute, all of them: where a stage ran, it runs a second time, messages included.',
  exactly: (count: number) => plural(count, { one: '1 record', other: '{n} records' }),
  atLeast: (count: string) => `more than ${count} records`,
  skip: 'Leave them',
  skipAbout: 'It starts for dates that are still to come.',
  run: 'Start for them too',
  runAbout: 'They start within a minute, all of them, messages included.',
  late: (hours: number) =>
    plural(hours, {
      one: 'Those that are more than {n} hour late are left out all the same.',
      other: 'Those that are more than {n} hours late are left out all the same.',
    }),
  enableTitle: (name: string) => `Enable “${name}”`,
  enable: 'Enable',
}
