import { ActionIcon, Badge, Button, Checkbox, Group, Menu, Skeleton, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCalendarUser, IconDots, IconX } from '@tabler/icons-react'
import { Suspense, useEffect, useRef } from 'react'
import type { Task } from '../api'
import { lazy } from '../app/lazy'
import { useMe } from '../app/useMe'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { inbox as t } from '../text/inbox'
import { Due } from './Due'
import classes from './Inbox.module.css'
import { Links } from './NotificationList'
import type { Names } from './useNames'
import { useTaskDeeds } from './useTaskDeeds'

// The calendar in it is large, and seldom needed.
const TaskDialog = lazy(async () => ({ default: (await import('./TaskDialog')).TaskDialog }))

interface Props {
  task: Task
  names: Names
  /** The one that the address points at. */
  marked: boolean
}

/** One task: what to do, for whom, until when; and the deeds in one step each. */
export function TaskRow({ task, names, marked }: Props) {
  const row = useRef<HTMLLIElement>(null)
  const act = useTaskDeeds(task)
  const ended = task.status === 'done' || task.status === 'cancelled'
  useEffect(() => {
    if (marked) row.current?.scrollIntoView({ block: 'center' })
  }, [marked])
  return (
    <li ref={row} className={classes.task} data-testid={`task-${task.id}`} data-marked={marked || undefined}>
      <Checkbox
        radius="xl"
        mt={2}
        checked={ended}
        disabled={act.pending || task.status === 'cancelled'}
        onChange={ended ? act.reopen : act.finish}
        aria-label={ended ? `${t.undo}: ${task.title}` : t.finishTask(task.title)}
      />
      <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
        <Group gap={8}>
          <Text size="sm" fw={500} className={classes.title}>
            {task.title}
          </Text>
          <Priority of={task.priority} />
          {task.status !== 'open' && task.status !== 'done' && <Status of={task.status} />}
        </Group>
        {task.description && (
          <Text size="sm" c="dimmed" lineClamp={3} style={{ whiteSpace: 'pre-line' }}>
            {task.description}
          </Text>
        )}
        <Group gap="sm">
          <Assignee task={task} names={names} />
          <Links module={task.module} record={task.record_id} run={task.run_id} />
        </Group>
      </Stack>
      <Group gap="xs" className={classes.deeds} justify="flex-end">
        {ended && task.done_at ? (
          <Text size="xs" c="dimmed">
            {t.finishedAt} <When at={task.done_at} />
          </Text>
        ) : (
          <Due at={task.due_at} done={ended} />
        )}
        {!ended && <Deeds task={task} act={act} />}
      </Group>
    </li>
  )
}

function Deeds({ task, act }: { task: Task; act: ReturnType<typeof useTaskDeeds> }) {
  const me = useMe()
  const [editing, { open, close }] = useDisclosure(false)
  const mine = task.assignee_user_id === me.user.id
  return (
    <>
      {!mine && (
        <Button size="compact-sm" variant="default" loading={act.pending} onClick={act.take}>
          {t.take}
        </Button>
      )}
      {mine && task.status === 'open' && (
        <Button size="compact-sm" variant="default" loading={act.pending} onClick={act.start}>
          {t.start}
        </Button>
      )}
      {mine && task.status === 'in_progress' && (
        <Button size="compact-sm" variant="light" loading={act.pending} onClick={act.finish}>
          {t.finish}
        </Button>
      )}
      <Menu width={220} returnFocus>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t.menu(task.title)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCalendarUser size={16} />} onClick={open}>
            {t.edit}
          </Menu.Item>
          <Menu.Item leftSection={<IconX size={16} />} onClick={act.cancel}>
            {t.cancel}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {editing && (
        <Suspense fallback={<Skeleton h={30} w={60} />}>
          <TaskDialog task={task} onClose={close} />
        </Suspense>
      )}
    </>
  )
}

function Priority({ of }: { of: string }) {
  if (of !== 'urgent' && of !== 'high') return null
  return <Badge color={of === 'urgent' ? 'red' : 'orange'}>{t.priority[of]}</Badge>
}

function Assignee({ task, names }: { task: Task; names: Names }) {
  const me = useMe()
  const { assignee_user_id: user, assignee_group_id: group } = task
  const who: (string | undefined)[] = []
  if (user !== null) who.push(user === me.user.id ? t.me : (names.user(user) ?? '…'))
  if (group !== null) who.push(names.group(group) ?? '…')
  return (
    <Text size="xs" c="dimmed">
      {t.of(who.length ? who.join(' · ') : t.nobody)}
    </Text>
  )
}
