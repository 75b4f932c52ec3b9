import { plural } from './format'

const counted = (count: number) => plural(count, { one: '{n} file', other: '{n} files' })

/** Words of workflows as files: written out as YAML, looked at, put in place. */
export const files = {
  open: 'Files',
  title: 'Workflows as files',
  about:
    'Workflows, playbooks, strategies, mail templates and data tasks as YAML: to keep in Git, to compare, to take to another installation.',
  back: 'Workflows',
  counted,

  bring: 'Bring files in',
  drop: 'Drop YAML files or a ZIP archive here, or choose them',
  dropAbout: 'At most 500 files with 5 MB together. Nothing is changed before you have looked at it.',
  reading: (names: string[]) => `Reading ${names.length === 1 ? names[0] : counted(names.length)}`,
  notRead: 'The files were not read',

  take: 'Write files out',
  takeAbout: 'Choose some, or take everything. One is saved as a YAML file, several as a ZIP archive.',
  secrets: 'Secrets, records and people’s passwords are never in them: only the names of secrets are.',
  search: 'Name or key',
  everything: 'Save everything',
  chosen: (count: number) => (count === 1 ? 'Save this file' : `Save ${counted(count)}`),
  choose: (name: string) => `Choose “${name}”`,
  chooseAll: 'Choose all that are shown',
  none: 'Nothing to write out yet',
  noneAbout: 'As soon as there is a workflow, a template or a data task, it can be saved here.',
  noneFound: 'Nothing is called that.',
  saveOne: 'Export as a file (YAML)',
  saved: 'The file was saved',
  notSaved: 'The file was not saved',
  clear: 'Clear the selection',
  selected: (count: number) => `${plural(count, { one: '{n} workflow', other: '{n} workflows' })} chosen`,
  column: { name: 'Name', kind: 'What it is', file: 'File' },
  kinds: {
    workflow: 'Workflow',
    playbook: 'Playbook',
    strategy: 'Strategy',
    template: 'Template',
    data_task: 'Data task',
  } as Record<string, string>,

  actions: {
    create: 'New',
    change: 'Changed',
    same: 'As it is',
    remove: 'Deleted',
    refused: 'Refused',
  },
  list: 'What the files would do',
  summary: (changes: number, all: number) =>
    changes === 0
      ? 'These files change nothing'
      : `${plural(changes, { one: '{n} change', other: '{n} changes' })} in ${counted(all)}`,
  ignored: (names: string[]) =>
    `No YAML, and not read: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}.`,
  refusedAbout: (count: number) =>
    `${counted(count)} cannot be applied and ${count === 1 ? 'stays' : 'stay'} out.`,
  sameMore: (count: number) =>
    `Show ${counted(count)} that ${count === 1 ? 'is' : 'are'} here already as ${count === 1 ? 'it says' : 'they say'}`,
  stale: 'Something was changed here since you looked',
  staleAbout: 'Nothing was applied. This is the new plan; what is different in it is marked.',
  staleMark: 'Not as before',
  whole: 'These are all files: delete what came from files before and is not among them',
  lostTitle: 'What would be lost',
  accept: 'This may be lost',
  acceptNeeded: 'Say first that it may be lost.',
  nothing: 'There is nothing to apply.',
  apply: (count: number) => `Apply ${plural(count, { one: '{n} change', other: '{n} changes' })}`,
  notApplied: 'Nothing was applied',
  other: 'Other files',
  again: 'Look again',
  include: (name: string) => `Apply “${name}”`,
  from: (source: string) => `from ${source}`,
  lines: 'Show the lines',
  hideLines: 'Hide the lines',
  linesOf: (file: string) => `Lines of ${file} that differ`,
  tooLong: 'It is too long to be shown line by line.',
  moreWords: (count: number) => `and ${count} more`,
  line: (line: number) => `Line ${line}`,
  was: 'was',
  becomes: 'becomes',
  comes: 'comes',
  goes: 'goes',

  done: (count: number) => (count === 0 ? 'Nothing had to be changed' : `${counted(count)} applied`),
  doneAbout: 'Everything is here as the files say. Applying them again would change nothing.',
  did: { create: 'Made', change: 'Changed', same: 'As it was', remove: 'Deleted', refused: 'Refused' },
}
