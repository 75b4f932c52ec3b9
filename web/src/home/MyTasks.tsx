import { Anchor, Group, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { QuestionsDue, TasksDue } from '../api'
import { Due } from '../inbox/Due'
import { home as t } from '../text/home'
import classes from './Attention.module.css'
import { Section } from './Section'

interface Props {
  tasks: TasksDue
  questions: QuestionsDue
}

const SHOWN = 5

/** What one has to do oneself, tasks and questions together, what is due first at the top. */
export function MyTasks({ tasks, questions }: Props) {
  const count = tasks.count + questions.count
  const steps = [
    ...tasks.items.map(({ id, title, due_at }) => ({ to: `/inbox?task=${id}`, title, due_at })),
    ...questions.items.map(({ id, title, due_at }) => ({
      to: `/inbox?tab=questions&question=${id}`,
      title,
      due_at,
    })),
  ].sort((a, b) => timeOf(a.due_at) - timeOf(b.due_at))
  const more = (
    <Anchor component={Link} to={tasks.count > 0 ? '/inbox' : '/inbox?tab=questions'} size="sm">
      {t.openTasks(count)}
    </Anchor>
  )
  return (
    <Section title={t.tasks} beside={count > 0 && more}>
      {steps.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noTasksMore}
        </Text>
      )}
      <Stack gap={0}>
        {steps.slice(0, SHOWN).map((step) => (
          <Group key={step.to} className={classes.line} gap="xs" justify="space-between" wrap="nowrap">
            <Anchor component={Link} to={step.to} size="sm" lineClamp={2}>
              {step.title}
            </Anchor>
            <Due at={step.due_at} />
          </Group>
        ))}
      </Stack>
    </Section>
  )
}

const timeOf = (at: string | null) => (at ? Date.parse(at) : Number.MAX_SAFE_INTEGER)
