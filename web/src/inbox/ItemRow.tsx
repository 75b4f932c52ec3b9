import { Badge, Button, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import {
  IconBell,
  IconCheckbox,
  IconForms,
  IconListCheck,
  type IconProps,
  IconThumbUp,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { InboxItem } from '../api'
import { useMe } from '../app/useMe'
import { When } from '../parts/When'
import { inbox as t } from '../text/inbox'
import { Due } from './Due'
import classes from './Inbox.module.css'
import { Links } from './NotificationList'
import { useItemDeeds } from './useItemDeeds'

const SIGNS: Record<InboxItem['kind'], ComponentType<IconProps>> = {
  task: IconCheckbox,
  step: IconListCheck,
  approval: IconThumbUp,
  form: IconForms,
  notification: IconBell,
}

/** One thing that waits: what it is, whose, until when; and the next deed. */
export function ItemRow({ item, onOpen }: { item: InboxItem; onOpen: () => void }) {
  const Sign = SIGNS[item.kind]
  const news = item.kind === 'notification'
  return (
    <li className={classes.task} data-testid={`item-${item.kind}-${item.id}`}>
      <Sign size={18} stroke={1.6} aria-label={t.kinds[item.kind]} style={{ flex: 'none', marginTop: 2 }} />
      <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
        <Group gap={8}>
          {news ? (
            <Text size="sm" fw={500} className={classes.title} dir="auto">
              {item.title}
            </Text>
          ) : (
            <UnstyledButton onClick={onOpen}>
              <Text size="sm" fw={500} className={classes.title} dir="auto">
                {item.title}
              </Text>
            </UnstyledButton>
          )}
          <Marks item={item} />
        </Group>
        {item.body && (
          <Text size="sm" c="dimmed" lineClamp={2} style={{ whiteSpace: 'pre-line' }} dir="auto">
            {item.body}
          </Text>
        )}
        <Group gap="sm">
          <Whose item={item} />
          <Links module={item.module} record={item.record_id} run={item.run_id} />
        </Group>
      </Stack>
      <Group gap="xs" className={classes.deeds} justify="flex-end">
        {news ? (
          <Text size="xs" c="dimmed">
            <When at={item.created_at} />
          </Text>
        ) : (
          <Due at={item.due_at} />
        )}
        <Deed item={item} onOpen={onOpen} />
      </Group>
    </li>
  )
}

function Marks({ item }: { item: InboxItem }) {
  return (
    <>
      {(item.priority === 'urgent' || item.priority === 'high') && (
        <Badge color={item.priority === 'urgent' ? 'red' : 'orange'}>{t.priority[item.priority]}</Badge>
      )}
      {item.for_user_name && <Badge color="grape">{t.forWhom(item.for_user_name)}</Badge>}
      {item.escalated_to_me && (
        <Badge color="red">{t.passedUp(item.assignee ?? item.group_name ?? '')}</Badge>
      )}
    </>
  )
}

function Whose({ item }: { item: InboxItem }) {
  const me = useMe()
  if (item.kind === 'notification') return null
  const task = item.kind === 'task' || item.kind === 'step'
  const words = task
    ? [item.assignee_user_id === me.user.id ? t.me : item.assignee, item.group_name]
        .filter(Boolean)
        .join(' · ')
    : item.workflow_name
  return (
    <Text size="xs" c="dimmed">
      {task ? t.of(words || t.nobody) : words}
    </Text>
  )
}

function Deed({ item, onOpen }: { item: InboxItem; onOpen: () => void }) {
  const act = useItemDeeds(item)
  switch (item.kind) {
    case 'notification':
      return (
        <Button size="compact-sm" variant="default" loading={act.pending} onClick={act.read}>
          {t.read}
        </Button>
      )
    case 'approval':
    case 'form':
      return (
        <Button size="compact-sm" variant="light" onClick={onOpen}>
          {t.answer}
        </Button>
      )
    default:
      if (item.group_id !== null && item.assignee_user_id === null)
        return (
          <Button size="compact-sm" variant="default" loading={act.pending} onClick={act.claim}>
            {t.take}
          </Button>
        )
      return item.needs_file ? (
        <Button size="compact-sm" variant="light" onClick={onOpen}>
          {t.upload}
        </Button>
      ) : (
        <Button size="compact-sm" variant="light" loading={act.pending} onClick={act.finish}>
          {t.finish}
        </Button>
      )
  }
}
