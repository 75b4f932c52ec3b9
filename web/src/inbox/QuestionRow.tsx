import { ActionIcon, Anchor, Button, Group, Menu, Stack, Text } from '@mantine/core'
import { IconDots, IconUserShare } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { QuestionOut } from '../api'
import { useMe } from '../app/useMe'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { inbox } from '../text/inbox'
import { questions as t } from '../text/questions'
import { DecideDialog, type Decided } from './DecideDialog'
import { Due } from './Due'
import { FormDialog } from './FormDialog'
import classes from './Inbox.module.css'
import { ReassignDialog } from './ReassignDialog'

/** One question: what it is about, until when, who was asked and what they said; and the answer to give. */
export function QuestionRow({ question }: { question: QuestionOut }) {
  const open = question.status === 'open'
  return (
    <li className={classes.task} data-testid={`question-${question.id}`}>
      <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={500} className={classes.title} dir="auto">
          {question.title}
        </Text>
        {question.body && (
          <Text size="sm" c="dimmed" lineClamp={5} style={{ whiteSpace: 'pre-line' }} dir="auto">
            {question.body}
          </Text>
        )}
        <Said question={question} />
        <Group gap="sm">
          <Text size="xs" c="dimmed">
            {t.from(question.workflow_name)}
          </Text>
          <About question={question} />
        </Group>
      </Stack>
      <Group gap="xs" className={classes.deeds} justify="flex-end">
        {open ? (
          <>
            <Due at={question.due_at} />
            <Deeds question={question} />
          </>
        ) : (
          <Stack gap={2} align="flex-end">
            <Status of={COLORS[question.status] ?? 'cancelled'} label={t.statuses[question.status]} />
            <Text size="xs" c="dimmed">
              <When at={question.ended_at} />
            </Text>
          </Stack>
        )}
      </Group>
    </li>
  )
}

/** The states of runs that are drawn in the colours that fit. */
const COLORS: Record<string, string> = { approved: 'succeeded', answered: 'succeeded', rejected: 'failed' }

function Said({ question }: { question: QuestionOut }) {
  const said = question.people.filter((one) => one.decision)
  const others = question.people.filter((one) => !one.decision)
  const all = question.kind === 'approval' && question.details.needs === 'all'
  return (
    <>
      {said.map((one) => (
        <Text key={one.user_id} size="xs" dir="auto">
          {t.said(one.name, t.decisions[one.decision ?? ''] ?? '')}
          {one.comment && ` — ${one.comment}`}
        </Text>
      ))}
      {question.status === 'open' && (
        <Text size="xs" c="dimmed">
          {all && others.length > 0
            ? t.waitsForOthers(others.length)
            : t.for(others.map((one) => one.name).join(', ') || t.nobody)}
        </Text>
      )}
    </>
  )
}

function About({ question }: { question: QuestionOut }) {
  const { module, record_id: record, record_title: title, run_id: run } = question
  return (
    <>
      {module && record && (
        <Anchor component={Link} to={`/records/${module}/${encodeURIComponent(record)}`} size="xs">
          {title || inbox.toRecord}
        </Anchor>
      )}
      <Anchor component={Link} to={`/runs/${run}`} size="xs">
        {inbox.toRun}
      </Anchor>
    </>
  )
}

function Deeds({ question }: { question: QuestionOut }) {
  const me = useMe()
  const [doing, setDoing] = useState<Decided | 'form' | 'reassign' | null>(null)
  const close = () => setDoing(null)
  if (!question.mine && !me.administrator) return null
  return (
    <>
      {question.kind === 'approval' ? (
        <>
          <Button size="compact-sm" variant="default" onClick={() => setDoing('rejected')}>
            {t.reject}
          </Button>
          <Button size="compact-sm" variant="light" onClick={() => setDoing('approved')}>
            {t.approve}
          </Button>
        </>
      ) : (
        <Button size="compact-sm" variant="light" onClick={() => setDoing('form')}>
          {t.fillIn}
        </Button>
      )}
      <Menu width={240} returnFocus>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t.menu(question.title)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUserShare size={16} />} onClick={() => setDoing('reassign')}>
            {t.reassign}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {(doing === 'approved' || doing === 'rejected') && (
        <DecideDialog question={question} decision={doing} onClose={close} />
      )}
      {doing === 'form' && <FormDialog question={question} onClose={close} />}
      {doing === 'reassign' && <ReassignDialog question={question} onClose={close} />}
    </>
  )
}
