export const settings = {
  title: 'Settings',
  modules: { title: 'Modules and fields' },
  users: { title: 'Users' },
  groups: { title: 'Groups' },
  roles: { title: 'Roles and rights' },
  organisation: { title: 'Organisation' },
  mail: { title: 'Mail' },
  limits: { title: 'Quotas and caps' },
  packs: { title: 'Packs' },
  tokens: { title: 'API tokens' },
  audit: { title: 'Audit log' },
  health: { title: 'Health' },
}
