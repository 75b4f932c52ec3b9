import {
  ActionIcon,
  Button,
  Group,
  Indicator,
  Popover,
  ScrollArea,
  Stack,
  Text,
  UnstyledButton,
} from '@mantine/core'
import { notifications as toasts } from '@mantine/notifications'
import { IconBell } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import {
  getMeQueryKey,
  listNotificationsOptions,
  markNotificationsReadMutation,
  type Notification,
} from '../api'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { t } from '../text'
import { live } from './live'
import { useMe } from './useMe'

const NEWEST = listNotificationsOptions({ query: { limit: 20 } })

/** What workflows tell this person, as it happens. */
export function NotificationBell() {
  const [open, setOpen] = useState(false)
  const cache = useQueryClient()
  const found = useQuery(NEWEST)
  const items = found.data?.items ?? []
  const unread = useMe().unread_notifications
  const refresh = useCallback(() => {
    cache.invalidateQueries({ queryKey: NEWEST.queryKey })
    cache.invalidateQueries({ queryKey: getMeQueryKey() })
  }, [cache])
  const mark = useMutation({
    ...markNotificationsReadMutation(),
    onSuccess: refresh,
  })
  useEffect(
    () =>
      live.on('notification', (data) => {
        const { title, body } = data as Notification
        toasts.show({ title, message: body ?? '', icon: <IconBell size={18} /> })
        refresh()
      }),
    [refresh],
  )
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      width={360}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
    >
      <Indicator label={unread} size={16} disabled={unread === 0} color="red.8" offset={5}>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => setOpen((shown) => !shown)}
            // The panel listens for Escape only while the focus is in it.
            onKeyDown={(event) => {
              if (event.key === 'Escape') setOpen(false)
            }}
            aria-expanded={open}
            aria-label={
              unread ? `${t.frame.notifications}: ${t.frame.unread(unread)}` : t.frame.notifications
            }
          >
            <IconBell size={21} stroke={1.6} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p={0} aria-label={t.frame.notifications}>
        <Group justify="space-between" p="xs">
          <Text fw={600} size="sm">
            {t.frame.notifications}
          </Text>
          {unread > 0 && (
            <Button size="compact-xs" variant="subtle" onClick={() => mark.mutate({ body: {} })}>
              {t.frame.markAllRead}
            </Button>
          )}
        </Group>
        {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
        <ScrollArea.Autosize mah={420}>
          {items.length === 0 && !found.error && (
            <Text p="md" size="sm" c="dimmed">
              {t.frame.noNotifications}
            </Text>
          )}
          {items.map((item) => (
            <Entry
              key={item.id}
              item={item}
              onOpen={() => {
                setOpen(false)
                if (!item.read_at) mark.mutate({ body: { ids: [item.id] } })
              }}
            />
          ))}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}

function Entry({ item, onOpen }: { item: Notification; onOpen: () => void }) {
  const navigate = useNavigate()
  const to =
    item.module && item.record_id ? `/records/${item.module}/${encodeURIComponent(item.record_id)}` : null
  return (
    <UnstyledButton
      w="100%"
      px="xs"
      py={8}
      style={{ borderTop: '1px solid var(--line)' }}
      bg={item.read_at ? undefined : 'var(--mantine-primary-color-light)'}
      onClick={() => {
        onOpen()
        if (to) navigate(to)
      }}
    >
      <Stack gap={2}>
        <Text size="sm" fw={item.read_at ? 400 : 600}>
          {item.title}
        </Text>
        {item.body && (
          <Text size="xs" lineClamp={3}>
            {item.body}
          </Text>
        )}
        <Text size="xs" c="dimmed">
          <When at={item.created_at} />
        </Text>
      </Stack>
    </UnstyledButton>
  )
}
