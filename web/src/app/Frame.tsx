import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Group,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
} from '@mantine/core'
import { useDisclosure, useMediaQuery } from '@mantine/hooks'
import {
  IconCalendar,
  IconChecklist,
  IconDatabase,
  IconDatabaseCog,
  IconHistory,
  IconHome,
  IconInbox,
  IconMail,
  IconSearch,
  IconSettings,
  IconSitemap,
  IconTemplate,
} from '@tabler/icons-react'
import { Suspense, useEffect } from 'react'
import { Link, Outlet, useLocation } from 'react-router'
import { Logo } from '../parts/Logo'
import { t } from '../text'
import { AccountMenu } from './AccountMenu'
import { Connection } from './Connection'
import { returnFocus } from './focusReturn'
import { live } from './live'
import { NotificationBell } from './NotificationBell'
import { openSearch, SearchAnything } from './SearchAnything'
import { Starting } from './Starting'
import { useMe } from './useMe'

/** What is around every page: where one is, where one can go, and what is new. */
export function Frame() {
  const [open, { toggle, close }] = useDisclosure(false)
  const { pathname } = useLocation()
  const wide = /^\/workflows\/[^/]+$/.test(pathname)
  const desktop = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const away = desktop ? wide : !open
  useEffect(() => live.start(), [])
  useEffect(() => returnFocus(document), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu of small screens
  useEffect(close, [pathname])
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 'md', collapsed: { mobile: !open, desktop: wide } }}
      padding={0}
    >
      <a className="skip" href="#content">
        {t.frame.skip}
      </a>
      <AppShell.Header className="surface">
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t.frame.openNavigation}
            />
            <UnstyledButton component={Link} to="/" aria-label={`${t.frame.product}: ${t.frame.home}`}>
              <Group gap={8} wrap="nowrap">
                <Logo />
                <Text fw={600} visibleFrom="xs">
                  {t.frame.product}
                </Text>
              </Group>
            </UnstyledButton>
            {wide && <CompactNavigation />}
          </Group>
          <Group gap={6} wrap="nowrap">
            <SearchButton />
            <NotificationBell />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="surface" aria-label={t.frame.navigation} inert={away}>
        <AppShell.Section grow component={ScrollArea} p={8}>
          <Navigation />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <Connection />
        <Box p={wide ? 0 : 'md'} maw={wide ? undefined : 1480} mx="auto">
          <Suspense fallback={<Starting />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
      <SearchAnything />
    </AppShell>
  )
}

const PLACES = [
  { to: '/', label: t.frame.home, icon: IconHome, for: 'all' },
  { to: '/inbox', label: t.frame.inbox, icon: IconInbox, for: 'all' },
  { to: '/calendar', label: t.frame.calendar, icon: IconCalendar, for: 'all' },
  { to: '/records', label: t.frame.records, icon: IconDatabase, for: 'all' },
  { to: '/workflows', label: t.frame.workflows, icon: IconSitemap, for: 'builder' },
  { to: '/playbooks', label: t.frame.playbooks, icon: IconChecklist, for: 'builder' },
  { to: '/runs', label: t.frame.runs, icon: IconHistory, for: 'all' },
  { to: '/messages', label: t.frame.messages, icon: IconMail, for: 'builder' },
  { to: '/templates', label: t.frame.templates, icon: IconTemplate, for: 'builder' },
  { to: '/imports', label: t.frame.data, icon: IconDatabaseCog, for: 'all' },
  { to: '/settings', label: t.frame.settings, icon: IconSettings, for: 'builder' },
] as const

function usePlaces() {
  const me = useMe()
  const builds = me.administrator || me.builder
  return PLACES.filter((place) => place.for === 'all' || builds)
}

/** Pages without an entry of their own, and the one that they belong to. */
const BELONG = [
  [/^\/(wizard|gallery|planning)(\/|$)/, '/workflows'],
  [/^\/strategies(\/|$)/, '/playbooks'],
  [/^\/data-tasks(\/|$)/, '/imports'],
] as const

function useIsAt() {
  const { pathname } = useLocation()
  const belongs = BELONG.find(([pages]) => pages.test(pathname))
  const at = belongs ? belongs[1] : pathname
  return (to: string) => (to === '/' ? at === '/' : at === to || at.startsWith(`${to}/`))
}

function Navigation() {
  const isAt = useIsAt()
  return usePlaces().map(({ to, label, icon: Sign }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      label={label}
      active={isAt(to)}
      aria-current={isAt(to) ? 'page' : undefined}
      leftSection={<Sign size={18} stroke={1.6} aria-hidden />}
      style={{ borderRadius: 6 }}
    />
  ))
}

/** The same as icons in the header, where a canvas needs the room. */
function CompactNavigation() {
  const shown = useMediaQuery('(min-width: 62em)')
  const isAt = useIsAt()
  const places = usePlaces()
  if (!shown) return null
  return (
    <Group component="nav" gap={2} aria-label={t.frame.pages} ml="xs">
      {places.map(({ to, label, icon: Sign }) => (
        <Tooltip key={to} label={label}>
          <ActionIcon
            component={Link}
            to={to}
            variant={isAt(to) ? 'light' : 'subtle'}
            color={isAt(to) ? 'accent' : 'gray'}
            aria-label={label}
          >
            <Sign size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      ))}
    </Group>
  )
}

function SearchButton() {
  return (
    <UnstyledButton
      onClick={openSearch}
      title={t.frame.search}
      px={10}
      h={30}
      style={{ border: '1px solid var(--line)', borderRadius: 6 }}
    >
      <Group gap={8} wrap="nowrap">
        <IconSearch size={15} aria-hidden />
        <Text size="sm" c="dimmed" visibleFrom="sm">
          {t.frame.search}
        </Text>
        <Text size="xs" c="dimmed" visibleFrom="sm" ff="monospace">
          {t.frame.searchKey}
        </Text>
      </Group>
    </UnstyledButton>
  )
}
