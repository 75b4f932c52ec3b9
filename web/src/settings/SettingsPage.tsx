import { Box, Grid, NavLink, Paper, Select } from '@mantine/core'
import {
  IconActivityHeartbeat,
  IconAddressBook,
  IconBuilding,
  IconCalendarUser,
  IconCloudUpload,
  IconGauge,
  IconListDetails,
  IconLogin2,
  IconMailCog,
  IconMessage,
  IconMessages,
  IconPackage,
  IconPlugConnected,
  IconShieldCheck,
  IconShieldLock,
  IconSparkles,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
  IconWorldShare,
} from '@tabler/icons-react'
import { Suspense } from 'react'
import { Link, Navigate, Route, Routes, useLocation, useNavigate } from 'react-router'
import { NotFound } from '../app/Fallbacks'
import { lazy } from '../app/lazy'
import { Starting } from '../app/Starting'
import { useMe } from '../app/useMe'
import { NotForYou } from '../parts/NotForYou'
import { ai } from '../text/ai'
import { connections } from '../text/connections'
import { stores } from '../text/documents'
import { duty } from '../text/duty'
import { feeds as feedWords } from '../text/feeds'
import { hooks } from '../text/hooks'
import { providers } from '../text/providers'
import { settings as words } from '../text/settings'
import { signOn } from '../text/signOn'

const page = (load: () => Promise<{ Page: React.ComponentType }>) =>
  lazy(async () => ({ default: (await load()).Page }))

/** Every page of the settings: its address, its words, and for whom it is. */
const SECTIONS = [
  {
    at: 'modules',
    label: words.modules.title,
    icon: IconListDetails,
    for: 'builder',
    Page: page(() => import('./modules/ModulesPage')),
  },
  {
    at: 'users',
    label: words.users.title,
    icon: IconUsers,
    for: 'administrator',
    Page: page(() => import('./people/UsersPage')),
  },
  {
    at: 'groups',
    label: words.groups.title,
    icon: IconUsersGroup,
    for: 'administrator',
    Page: page(() => import('./people/GroupsPage')),
  },
  {
    at: 'roles',
    label: words.roles.title,
    icon: IconShieldLock,
    for: 'administrator',
    Page: page(() => import('./people/RolesPage')),
  },
  {
    at: 'duty',
    label: duty.title,
    icon: IconCalendarUser,
    for: 'administrator',
    Page: page(() => import('./people/DutyPage')),
  },
  {
    at: 'single-sign-on',
    label: signOn.title,
    icon: IconLogin2,
    for: 'administrator',
    Page: page(() => import('./SingleSignOnPage')),
  },
  {
    at: 'organisation',
    label: words.organisation.title,
    icon: IconBuilding,
    for: 'administrator',
    Page: page(() => import('./OrganisationPage')),
  },
  {
    at: 'mail',
    label: words.mail.title,
    icon: IconMailCog,
    for: 'administrator',
    Page: page(() => import('./MailPage')),
  },
  {
    at: 'text-messages',
    label: providers.text.title,
    icon: IconMessage,
    for: 'administrator',
    Page: page(() => import('./providers/TextPage')),
  },
  {
    at: 'chat',
    label: providers.chat.title,
    icon: IconMessages,
    for: 'administrator',
    Page: page(() => import('./providers/ChatPage')),
  },
  {
    at: 'ai',
    label: ai.title,
    icon: IconSparkles,
    for: 'administrator',
    Page: page(() => import('./ai/AiPage')),
  },
  {
    at: 'connections',
    label: connections.title,
    icon: IconPlugConnected,
    for: 'administrator',
    Page: page(() => import('./connections/ConnectionsPage')),
  },
  {
    at: 'file-stores',
    label: stores.title,
    icon: IconCloudUpload,
    for: 'administrator',
    Page: page(() => import('./stores/StoresPage')),
  },
  {
    at: 'limits',
    label: words.limits.title,
    icon: IconGauge,
    for: 'administrator',
    Page: page(() => import('./LimitsPage')),
  },
  {
    at: 'packs',
    label: words.packs.title,
    icon: IconPackage,
    for: 'administrator',
    Page: page(() => import('./PacksPage')),
  },
  {
    at: 'tokens',
    label: words.tokens.title,
    icon: IconAddressBook,
    for: 'builder',
    Page: page(() => import('./TokensPage')),
  },
  {
    at: 'webhooks',
    label: hooks.all.title,
    icon: IconWebhook,
    for: 'builder',
    Page: page(() => import('./hooks/HooksPage')),
  },
  {
    at: 'published',
    label: feedWords.title,
    icon: IconWorldShare,
    for: 'builder',
    Page: page(() => import('./feeds/FeedsPage')),
  },
  {
    at: 'audit',
    label: words.audit.title,
    icon: IconShieldCheck,
    for: 'administrator',
    Page: page(() => import('./AuditPage')),
  },
  {
    at: 'health',
    label: words.health.title,
    icon: IconActivityHeartbeat,
    for: 'builder',
    Page: page(() => import('./HealthPage')),
  },
] as const

/** The settings: their pages at the left (on a small screen: in a list that opens), the one that is open beside them. */
export function Page() {
  const me = useMe()
  const sections = SECTIONS.filter((section) => me.administrator || (section.for === 'builder' && me.builder))
  const { pathname } = useLocation()
  const go = useNavigate()
  const isAt = (at: string) => pathname === `/settings/${at}` || pathname.startsWith(`/settings/${at}/`)
  const first = sections[0]
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 2.5 }}>
        <Select
          hiddenFrom="md"
          label={words.page}
          data={sections.map(({ at, label }) => ({ value: at, label }))}
          value={sections.find(({ at }) => isAt(at))?.at ?? null}
          onChange={(at) => at && go(`/settings/${at}`)}
          maxDropdownHeight={420}
        />
        <Paper component="nav" aria-label={words.title} p={6} className="surface" visibleFrom="md">
          {sections.map(({ at, label, icon: Sign }) => {
            const here = isAt(at)
            return (
              <NavLink
                key={at}
                component={Link}
                to={`/settings/${at}`}
                label={label}
                active={here}
                aria-current={here ? 'page' : undefined}
                leftSection={<Sign size={17} stroke={1.6} aria-hidden />}
                py={6}
                style={{ borderRadius: 6 }}
              />
            )
          })}
        </Paper>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 9.5 }}>
        <Box>
          <Suspense fallback={<Starting />}>
            <Routes>
              {first && <Route index element={<Navigate to={first.at} replace />} />}
              {sections.map(({ at, Page: Section }) => (
                <Route key={at} path={`${at}/*`} element={<Section />} />
              ))}
              {SECTIONS.map(({ at, for: whom }) => (
                <Route key={at} path={`${at}/*`} element={<NotForYou builders={whom === 'builder'} />} />
              ))}
              <Route index element={<NotForYou builders />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </Suspense>
        </Box>
      </Grid.Col>
    </Grid>
  )
}
