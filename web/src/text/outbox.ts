import { plural } from './format'

interface HeldWords {
  short: string
  why: string
  what: string
}

/** Words of messages. */
export const outbox = {
  title: 'Messages',
  about: 'What workflows wrote: sent, on the way, or waiting for you.',
  tabs: 'Messages by status',
  all: 'All',
  search: 'Part of an address',
  workflow: 'Workflow',
  anyWorkflow: 'All workflows',
  ofRun: (run: string) => `Only of run ${run}`,
  clear: 'Clear the filters',
  tableLabel: 'Messages',
  column: {
    select: 'Select',
    recipient: 'To',
    status: 'Status',
    workflow: 'Workflow',
    when: 'Written',
    why: 'Why',
  },
  selectAll: 'Select all that are shown',
  select: (id: number) => `Select message ${id}`,
  selected: (count: number) => plural(count, { one: '{n} selected', other: '{n} selected' }),
  open: (recipient: string) => `Open the message to ${recipient}`,
  hidden: 'Not for you to see',
  empty: {
    all: ['No messages yet', 'What workflows write to people stands here, with what became of it.'],
    queued: ['Nothing is on its way', 'Messages stand here for the moment before they are sent.'],
    sending: ['Nothing is being sent', 'Messages stand here for the moment in which they are sent.'],
    sent: ['Nothing was sent yet', 'Each message that left stands here, as it was sent.'],
    held: ['Nothing is held', 'When more wants to leave than a cap allows, the rest waits here for you.'],
    failed: ['Everything was delivered', 'What a mail server refused for good stands here, with the reason.'],
    uncertain: [
      'Nothing is uncertain',
      'When the connection broke at the very moment of sending, the message stands here until you say what became of it.',
    ],
    discarded: ['Nothing was discarded', 'What somebody decided not to send stands here.'],
  } as Record<string, [string, string]>,
  noneFound: 'No message fits the filters',

  held: {
    first_messages: {
      short: 'the workflow is new or was changed',
      why: 'Its workflow is new or was changed, and has sent as many as it may before somebody has looked.',
      what: 'Look at this one. If it is right, release all of the workflow: then what follows goes, too.',
    },
    workflow_per_hour: {
      short: 'too many in an hour',
      why: 'Its workflow has sent as many as it may in an hour.',
      what: 'Check that so many are meant. Then release them, or discard them.',
    },
    recipient_per_day: {
      short: 'too many to one person',
      why: 'This person got as many messages today as one may get.',
      what: 'Check that the person really needs this one, too.',
    },
    organisation_per_day: {
      short: 'too many in all',
      why: 'The whole organisation has sent as many as it may in a day.',
      what: 'Check that so many are meant. The caps stand in the settings, under limits.',
    },
  } as Record<string, HeldWords>,
  heldOther: { short: 'held', why: 'It is held.', what: 'Look at it, then release or discard it.' },
  heldTitle: 'Held for you to look at',
  failedTitle: 'Not delivered',
  failedWhat: 'Nothing more is tried. Correct the address in the record, and run the workflow again for it.',
  uncertainTitle: 'Nobody knows whether it was sent',
  uncertainWhat:
    'The connection broke after the mail server got the message and before it said so. Sending again may make two of it; doing nothing may make none. Ask the recipient, or look into the sent mails of your mail server, and say here what you found.',
  queuedTitle: 'It could not be sent yet',
  queuedNext: 'Tried again',
  noPreview: 'It cannot be shown',

  release: 'Release',
  releaseMany: (count: number) => plural(count, { one: 'Release {n}', other: 'Release {n}' }),
  releaseTitle: (count: number) =>
    plural(count, { one: 'Release {n} message?', other: 'Release {n} messages?' }),
  releaseAbout: 'They are sent now. What was sent cannot be called back.',
  released: (count: number) =>
    plural(count, { one: '{n} message is on its way', other: '{n} messages are on their way' }),
  notReleased: 'The messages were not released',
  discard: 'Discard',
  discardMany: (count: number) => plural(count, { one: 'Discard {n}', other: 'Discard {n}' }),
  discardTitle: (count: number) =>
    plural(count, { one: 'Discard {n} message?', other: 'Discard {n} messages?' }),
  discardAbout:
    'They are never sent. A run that waits for one goes on as if it had failed. This cannot be undone.',
  discarded: (count: number) =>
    plural(count, { one: '{n} message was discarded', other: '{n} messages were discarded' }),
  notDiscarded: 'The messages were not discarded',
  wasSent: 'It was sent',
  wasNotSent: 'It was not sent',
  again: 'Send again',
  againTitle: 'Send it again?',
  againAbout: 'If the first one did arrive after all, the recipient gets it twice.',
  resolved: (count: number) =>
    plural(count, { one: '{n} message is settled', other: '{n} messages are settled' }),
  notResolved: 'The messages were not settled',

  allOf: {
    banner: (workflow: string) => `Messages of “${workflow}” are held.`,
    bannerMore: 'Look at a few of them, then decide about all at once.',
    decide: 'Look and decide',
    title: (workflow: string) => `Held messages of “${workflow}”`,
    count: (count: number, more: boolean) =>
      more
        ? plural(count, { one: 'More than {n} message is held', other: 'More than {n} messages are held' })
        : plural(count, { one: '{n} message is held', other: '{n} messages are held' }),
    sample: (at: number, all: number) => `Example ${at} of ${all}`,
    previous: 'Example before',
    next: 'Next example',
    follow: 'Let what follows go, too',
    followAbout: 'Until the workflow is changed and published again.',
    release: 'Release all',
    discard: 'Discard all',
  },

  drawer: {
    title: 'Message',
    from: 'From',
    to: 'To',
    cc: 'Cc',
    bcc: 'Bcc',
    reply_to: 'Reply to',
    subject: 'Subject',
    attachments: 'Attachments',
    noSubject: '(no subject)',
    look: 'As it looks',
    text: 'Plain text',
    frame: 'The mail as its recipient sees it',
    about: 'What happened',
    workflow: 'Workflow',
    run: 'Run',
    openRun: (run: number) => `Run ${run}`,
    written: 'Written',
    due: 'Next try',
    sent: 'Sent',
    attempts: 'Tries',
    error: 'Last answer',
  },
}

/** Words of saved templates. */
export const templates = {
  title: 'Templates',
  about: 'Mails that several workflows send, written once.',
  create: 'New template',
  empty: 'No templates yet',
  emptyAbout:
    'Write a mail once, with the record’s fields in it, and send it from as many workflows as you like.',
  column: { name: 'Name', channel: 'Channel', module: 'Module', subject: 'Subject', changed: 'Changed' },
  tableLabel: 'Saved templates',
  mail: 'Email',
  noModule: 'Any',
  search: 'Name or subject',
  noneFound: 'No template fits',
  noneFoundAbout: 'Try another word.',
  new: {
    title: 'New template',
    name: 'Name',
    nameHint: 'What colleagues look for, like “Welcome”.',
    module: 'Module',
    moduleHint: 'Whose fields it may use. It cannot be changed later.',
    noModule: 'None: no record’s fields',
    create: 'Create and write',
    notCreated: 'The template was not created',
  },
  name: 'Name',
  subject: 'Subject',
  subjectHint: 'One line. Fields go in like {{ record.name }}.',
  content: 'Content',
  text: 'Plain text',
  textHint: 'For mail programs that show no formatting. Leave it empty: it is made from the content.',
  ownText: 'Write the plain text yourself',
  save: 'Save',
  saved: 'The template was saved',
  notSaved: 'The template was not saved',
  unsaved: 'Not saved yet',
  conflict: 'Somebody else has changed this template meanwhile.',
  conflictMore: 'What you wrote is kept here. Look at theirs first, or put yours in its place.',
  theirs: 'Take theirs',
  mine: 'Save mine',
  theirWords: 'Theirs, as it is saved now',
  leave: 'Leave without saving?',
  leaveAbout: 'What you changed in this template is lost.',
  leaveYes: 'Leave',
  delete: 'Delete',
  deleteTitle: (name: string) => `Delete “${name}”?`,
  deleteAbout: 'Mails that were sent keep their words. This cannot be undone.',
  deleted: (name: string) => `“${name}” was deleted`,
  notDeleted: 'The template was not deleted',
  preview: 'Preview',
  previewWith: 'With the record',
  previewPick: 'Choose a record',
  previewWhich: 'Choose a record to see the mail as it would look.',
  previewModule: 'Records of',
  previewFault: 'It cannot be shown like this yet',
}
