import { plural } from './format'

/** Words about published lists. */
export const feeds = {
  title: 'Published lists',
  about:
    'A list that other programs read at a secret address, as JSON and CSV, without signing in. It never shows more than you may read.',
  publish: 'Publish a list',
  none: 'No list is published',
  noneAbout: 'Choose a module or a saved view and its columns. You get an address that ends by itself.',
  name: 'Name',
  nameAbout: 'For you, and as the name of the file.',
  module: 'Records of',
  view: 'Saved view',
  noView: 'All records',
  viewAbout:
    'Its conditions, order and columns are taken as they are now. Later changes of the view change nothing here.',
  columns: 'Columns',
  columnsAbout: 'Only these go out.',
  ids: 'Also the ids of the records',
  days: 'Good for',
  daysSuffix: (days: number) => (days === 1 ? ' day' : ' days'),
  anyone: 'Whoever has the address can read the list, without signing in. Give it only to those who should.',
  submit: 'Publish',
  made: 'The list is published',
  once: 'This is the only time that the addresses are shown. Copy them now.',
  csv: 'As CSV, for a spreadsheet',
  json: 'As JSON, for a program',
  by: 'Published by',
  until: 'Good until',
  used: 'Last read',
  uses: (many: number) => plural(many, { one: '{n} time', other: '{n} times' }),
  never: 'Never',
  states: { open: 'Open', revoked: 'Taken back', expired: 'Ended', stopped: 'Stopped' } as Record<
    string,
    string
  >,
  stoppedAbout: 'Whoever published it is disabled.',
  revoke: 'Take back',
  revokeTitle: (name: string) => `Take back “${name}”?`,
  revokeAbout: 'Its addresses stop working at once, for good.',
  revoked: 'The list is no longer published.',
  older: 'Older ones',
}
