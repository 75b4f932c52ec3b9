import { ActionIcon, Anchor, Group, Timeline as Line, Text } from '@mantine/core'
import { IconMail, IconNote, IconPhone, IconPoint, IconTrash, IconUsers } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type ActivityOut, removeActivityMutation } from '../../api'
import { useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { calendar as t } from '../../text/calendar'
import { records } from '../../text/records'
import { isOf } from './AddActivity'
import type { PartProps } from './SidePanel'

const SIGNS: Record<string, typeof IconNote> = {
  note: IconNote,
  call: IconPhone,
  meeting: IconUsers,
  email: IconMail,
}

/** An activity among a record's changes. */
export function Activity({ module, record, activity }: PartProps & { activity: ActivityOut }) {
  const Sign = SIGNS[activity.kind] ?? IconPoint
  return (
    <Line.Item bullet={<Sign size={13} />} title={<Head {...{ module, record, activity }} />}>
      {activity.body && (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto" mt={2}>
          {activity.body}
        </Text>
      )}
    </Line.Item>
  )
}

function Head({ module, record, activity }: PartProps & { activity: ActivityOut }) {
  const me = useMe()
  const cache = useQueryClient()
  const remove = useMutation({
    ...removeActivityMutation(),
    onSuccess: () => cache.invalidateQueries({ predicate: (one) => isOf(one.queryKey, 'listActivities') }),
    onError: (error) => sayProblem(error),
  })
  const path = { module: module.key, record_id: String(record.id), activity_id: activity.id }
  const ask = async () => {
    if (await confirm({ title: t.removeTitle, about: t.removeAbout, yes: t.removeIt, danger: true }))
      remove.mutate({ path })
  }
  return (
    <Group gap={6} justify="space-between" wrap="nowrap" align="flex-start">
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        <Text span inherit c="dimmed">
          {t.activityKinds[activity.kind] ?? activity.kind}:
        </Text>{' '}
        <b dir="auto">{activity.title}</b>{' '}
        <Text span inherit c="dimmed">
          {activity.user && t.by(activity.user)}
        </Text>
        {activity.run_id !== null && (
          <>
            {' '}
            <Anchor component={Link} to={`/runs/${activity.run_id}`}>
              {activity.workflow ?? records.runNumber(activity.run_id)}
            </Anchor>
          </>
        )}
      </Text>
      <Group gap={4} wrap="nowrap">
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} mt={2}>
          <When at={activity.happened_at} />
        </Text>
        {(me.administrator || activity.created_by === me.user.id) && (
          <ActionIcon
            size="xs"
            variant="subtle"
            color="gray"
            onClick={ask}
            loading={remove.isPending}
            aria-label={t.remove(activity.title)}
          >
            <IconTrash size={13} />
          </ActionIcon>
        )}
      </Group>
    </Group>
  )
}
