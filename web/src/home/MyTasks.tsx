import { Anchor, Group, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { TasksDue } from '../api'
import { Due } from '../inbox/Due'
import { home as t } from '../text/home'
import classes from './Attention.module.css'
import { Section } from './Section'

/** One's own tasks that are due first. */
export function MyTasks({ tasks }: { tasks: TasksDue }) {
  const more = (
    <Anchor component={Link} to="/inbox" size="sm">
      {t.openTasks(tasks.count)}
    </Anchor>
  )
  return (
    <Section title={t.tasks} beside={tasks.count > 0 && more}>
      {tasks.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noTasksMore}
        </Text>
      )}
      <Stack gap={0}>
        {tasks.items.map((task) => (
          <Group key={task.id} className={classes.line} gap="xs" justify="space-between" wrap="nowrap">
            <Anchor component={Link} to={`/inbox?task=${task.id}`} size="sm" lineClamp={2}>
              {task.title}
            </Anchor>
            <Due at={task.due_at} />
          </Group>
        ))}
      </Stack>
    </Section>
  )
}
