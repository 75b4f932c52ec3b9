import { ActionIcon, Menu, Text, useMantineColorScheme } from '@mantine/core'
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
  IconUserCircle,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from 'react-router'
import { signOutMutation } from '../api'
import { expiry } from '../api/expiry'
import { t } from '../text'
import { useMe } from './useMe'

const SCHEMES = [
  { key: 'light', label: t.frame.light, icon: IconSun },
  { key: 'dark', label: t.frame.dark, icon: IconMoon },
  { key: 'auto', label: t.frame.auto, icon: IconDeviceDesktop },
] as const

/** Who one is, the colours, and the way out. */
export function AccountMenu() {
  const me = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const signOut = useMutation({
    ...signOutMutation(),
    onMutate: expiry.ended,
    onSettled: () => window.location.assign('/sign-in'),
  })
  return (
    <Menu width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.frame.account}>
          <IconUserCircle size={22} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {me.user.name}
          </Text>
          <Text size="xs" truncate>
            {me.user.email}
          </Text>
        </Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUser size={16} />}>
          {t.frame.profile}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t.frame.colors}</Menu.Label>
        {SCHEMES.map(({ key, label, icon: Sign }) => (
          <Menu.Item
            key={key}
            leftSection={<Sign size={16} />}
            onClick={() => setColorScheme(key)}
            closeMenuOnClick={false}
            role="menuitemradio"
            aria-checked={colorScheme === key}
            bg={colorScheme === key ? 'var(--mantine-primary-color-light)' : undefined}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate({})}>
          {t.frame.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
