/** Words of the page "Connections": secrets of workflows, and where their requests may go. */
export const connections = {
  title: 'Connections',
  about: 'What workflows sign in with at other systems, and which systems of your own they may reach.',

  secrets: 'Secrets',
  secretsAbout:
    'Passwords and tokens for the block “HTTP request”. Workflows know them by name. A value is never shown again, and is only sent to its server.',
  none: 'No secrets yet',
  noneAbout: 'Add the token or password that another system gave you.',
  add: 'Add a secret',
  name: 'Name',
  nameAbout: 'Small letters, digits and _. What workflows call it.',
  host: 'Server',
  hostAbout: 'Like api.example.com. The secret is sent to this server alone.',
  value: 'Secret',
  valueAbout: 'The password or token. It is encrypted and never shown again.',
  generate: 'Make one for signing',
  generateAbout: 'For “Signing secret”: give the same one to the receiver.',
  changed: 'Changed',
  save: 'Save secret',
  saved: 'Secret saved.',
  replace: 'Replace',
  replaceTitle: (key: string) => `Replace “${key}”`,
  replaceOf: (key: string) => `Replace the secret ${key}`,
  remove: 'Remove',
  removeOf: (key: string) => `Remove the secret ${key}`,
  removeTitle: (key: string) => `Remove “${key}”?`,
  removeAbout: 'It cannot be brought back. It is only removed while no workflow uses it.',
  notRemoved: 'The secret is still there',

  networks: 'Networks of your own',
  networksAbout:
    'Requests go to public addresses. To let workflows reach a server inside your own network, add its network here.',
  networksLabel: 'Allowed networks',
  networksHelp: 'Like 10.1.0.0/16 or 192.168.1.20. Type one and press Enter.',
  networksSave: 'Save networks',
  networksSaved: 'Allowed networks saved.',

  choose: 'Choose a secret',
  noSecrets: 'There are no secrets yet. An administrator adds them in Settings, under Connections.',
  option: (key: string, host: string) => `${key} (${host})`,

  request: 'The request that would be sent',
  header: 'Header',
  body: 'Content',
}
