import { plural } from './format'

/** Words about when a workflow started by the clock, and when it will; see text/index.ts. */
export const times = {
  open: 'Times',
  title: (name: string) => `Times of “${name}”`,
  next: 'Next',
  none: 'Nothing is to come at the moment.',
  waiting: (count: number) =>
    plural(count, { one: '{n} record with a date to come', other: '{n} records with a date to come' }),
  came: 'Times that came',
  noneCame: 'None so far.',
  at: 'Time',
  became: 'What became of it',
  fired: (records: number | null) =>
    records === null
      ? 'Started'
      : plural(records, { one: 'Started on {n} record', other: 'Started on {n} records' }),
  late: (by: string) => `${by} late`,
  skipped: 'Left out: it passed while the program was down',
  nothing: 'Dates that started nothing',
  reasons: {
    passed: 'The time had passed when the workflow was activated',
    too_late: 'Noticed later than the trigger allows',
    gone: 'The record was gone',
    filter: 'The record did not meet the conditions',
    once: 'It had started once before',
  },
  records: (count: number) => plural(count, { one: '{n} record', other: '{n} records' }),
  due: 'Due',
  record: 'Record',
  why: 'Why',
  short: {
    passed: 'Had passed',
    too_late: 'Too late',
    gone: 'Record gone',
    filter: 'Conditions not met',
    once: 'Started before',
  },
}
