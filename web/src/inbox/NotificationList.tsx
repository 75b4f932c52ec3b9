import { Anchor, Box, Group, Stack, Text, VisuallyHidden } from '@mantine/core'
import { Link } from 'react-router'
import type { Notification } from '../api'
import { When } from '../parts/When'
import { inbox as t } from '../text/inbox'
import classes from './Inbox.module.css'

/** Notifications with the way to what they are about; new ones are marked. */
export function NotificationList({ items }: { items: readonly Notification[] }) {
  return (
    <ul className={classes.plain}>
      {items.map((item) => (
        <li key={item.id} className={classes.line}>
          <Entry item={item} />
        </li>
      ))}
    </ul>
  )
}

function Entry({ item }: { item: Notification }) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Box className={classes.dot} data-new={!item.read_at || undefined} aria-hidden />
      <Stack gap={1} style={{ minWidth: 0 }}>
        <Text size="sm" fw={item.read_at ? 400 : 600}>
          {!item.read_at && <VisuallyHidden>{t.isNew} </VisuallyHidden>}
          {item.title}
        </Text>
        {item.body && (
          <Text size="sm" c="dimmed" lineClamp={3} style={{ whiteSpace: 'pre-line' }}>
            {item.body}
          </Text>
        )}
        <Group gap="sm">
          <Text size="xs" c="dimmed">
            <When at={item.created_at} />
          </Text>
          <Links module={item.module} record={item.record_id} run={item.run_id} />
        </Group>
      </Stack>
    </Group>
  )
}

interface LinksProps {
  module: string | null
  record: string | null
  run: number | null
}

/** The ways to the record and the run that something is about. */
export function Links({ module, record, run }: LinksProps) {
  return (
    <>
      {module && record && (
        <Anchor component={Link} to={`/records/${module}/${encodeURIComponent(record)}`} size="xs">
          {t.toRecord}
        </Anchor>
      )}
      {run && (
        <Anchor component={Link} to={`/runs/${run}`} size="xs">
          {t.toRun}
        </Anchor>
      )}
    </>
  )
}
