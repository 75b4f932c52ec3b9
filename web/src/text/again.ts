import { format, plural } from './format'

/** Words of running a run again from a block, of signals, and of letting a first time come again. */
export const again = {
  menu: 'From a block…',
  here: 'Run again from here',
  chosen: 'The chosen block',
  close: 'Choose no block',
  title: 'Run again from a block',
  at: 'Begin at',
  not: 'It cannot begin there',
  reading: 'Looking at what would be done',
  version: (number: number) => `It runs version ${number}, which is the active one.`,
  oldVersion: (number: number, active: number) =>
    `It runs version ${number}, as this run did; not version ${active}, which is active now.`,
  onlyVersion: (number: number) => `It runs version ${number}, as this run did.`,
  record: (name: string) => `It works on ${name}, as that record is now.`,
  done: 'These blocks are executed again',
  begins: 'These blocks are executed',
  may: 'These are executed where the way of the run leads to them',
  others: (count: number) => plural(count, { one: 'and {n} other', other: 'and {n} others' }),
  kept: (names: string[]) =>
    `What ${format.list(names.map((name) => `“${name}”`))} gave in this run is kept and used as it was.`,
  madeTitle: 'What went out goes out again',
  made: (messages: number, calls: number, runs: number) => {
    const parts = [
      messages > 0 && plural(messages, { one: '{n} message', other: '{n} messages' }),
      calls > 0 && plural(calls, { one: '{n} call to another system', other: '{n} calls to other systems' }),
      runs > 0 && plural(runs, { one: '{n} other run', other: '{n} other runs' }),
    ].filter((part) => part !== false)
    return `This run made ${format.list(parts)} from these blocks. The new run does the same again, so mails and calls that were made already go out a second time.`
  },
  madeNothing: 'This run sent no mail and made no call from these blocks, so none goes out a second time.',
  writes: 'What they write, create and ask people for is written, created and asked for once more.',
  fixTitle: 'Fix first',
  yes: 'Run again from here',
  fixed: 'It is fixed, run again',
}

/** Words of a run that waits for a signal. */
export const signal = {
  waits: (name: string) => `Waits for the signal “${name}”`,
  until: (when: string) => `, at most until ${when}`,
  send: 'Send the signal',
  title: 'Send a signal',
  about:
    'The run goes on as if the signal had come from outside. Usually another system or another person sends it.',
  name: 'Name of the signal',
  otherName: (name: string) => `The block waits for “${name}”; another name does not let it go on.`,
  values: 'Values for later blocks',
  valuesAbout: 'If somebody needs them. They are kept in the history of the run.',
  valueHint: 'Name',
  valueName: (nr: number) => `Name of value ${nr}`,
  value: (nr: number) => `Value ${nr}`,
  addValue: 'Add a value',
  removeValue: (nr: number) => `Remove value ${nr}`,
  sent: 'The signal was sent, and the run goes on',
  notWaiting: 'The run does not wait any more',
  notSent: 'The signal was not sent',
}

/** Words of letting a workflow that runs once per record start once more. */
export const firstTime = {
  again: 'Let it start once more for this record',
  title: 'Let it start once more?',
  about:
    'It starts for this record again, the next time its trigger happens and its conditions hold. Nothing starts now; the run that there was stays.',
  yes: 'Let it start once more',
  done: 'It may start for this record once more',
  menu: 'Let it start once more…',
  allTitle: (count: number) =>
    plural(count, {
      one: 'Let it start once more for {n} record?',
      other: 'Let it start once more for all {n} records?',
    }),
  allAbout: (count: number) =>
    plural(count, {
      one: 'It ran once for {n} record, and leaves it alone since. After this it starts for it again, the next time its trigger happens and its conditions hold. Nothing starts now; the run that there was stays.',
      other:
        'It ran once for {n} records, and leaves them alone since. After this it starts for them again, the next time its trigger happens and its conditions hold. Nothing starts now; the runs that there were stay.',
    }),
  allDone: (count: number) =>
    plural(count, {
      one: 'It may start once more for {n} record',
      other: 'It may start once more for {n} records',
    }),
  none: 'It has not run for any record yet, so there is nothing to take back.',
}
