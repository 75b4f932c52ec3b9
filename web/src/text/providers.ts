const shared = {
  add: 'Add a provider',
  edit: 'Change',
  editOf: (name: string) => `Change “${name}”`,
  remove: 'Remove',
  removeTitle: (name: string) => `Remove “${name}”?`,
  removeAbout: 'Its address is forgotten. Workflows that send through it have to be changed first.',
  removed: (name: string) => `“${name}” was removed`,
  notRemoved: 'The provider was not removed',
  saved: (name: string) => `“${name}” was saved`,
  default: 'By default',
  defaultLabel: 'Used where a block names none',
  name: 'Name',
  key: 'Key',
  keyAbout: 'Blocks name the provider by it. It cannot be changed later.',
  service: 'Service',
  address: 'Address',
  addressLike: (example: string) => `Written like ${example}`,
  addressKept: 'Leave empty to keep the one that is stored. It is encrypted, and never shown.',
  own: 'A server in your own network has to be allowed under Connections first.',
  save: 'Save provider',
  table: 'Providers',
  server: (host: string) => `on ${host}`,
  deeds: 'What can be done',
  test: 'Send a test',
  testWith: 'Provider',
  testFailed: 'The test did not leave',
}

/** Words of the providers of text and chat messages. */
export const providers = {
  text: {
    ...shared,
    title: 'Text messages',
    about:
      'The services through which text messages (SMS) leave. Without one, they are only kept for reading.',
    none: 'No service for text messages yet',
    noneAbout:
      'Add the account that you have at Twilio, Vonage or another service. Until then texts are kept under Messages, and none leaves.',
    nameAbout: 'What colleagues choose in a block, like “Office number”.',
    testAbout: 'Goes out now; the service’s answer is shown here. It costs one text message.',
    testTo: 'To the number',
    testSend: 'Send test text',
    country: 'Numbers without a country are read with the country that is set under Organisation.',
  },
  chat: {
    ...shared,
    title: 'Chat',
    about:
      'The rooms that workflows write into: Slack, Teams, Mattermost and others. Without one, chat messages are only kept for reading.',
    none: 'No room to write into yet',
    noneAbout:
      'Add the address of an incoming webhook, as Slack, Teams or another chat shows it. Until then chat messages are kept under Messages, and none leaves.',
    nameAbout: 'What colleagues choose in a block, like “Support room”.',
    testAbout: 'Writes into the room now; the service’s answer is shown here.',
    testTo: '',
    testSend: 'Send test message',
    country: '',
  },
}

export type ProviderWords = (typeof providers)['text']
