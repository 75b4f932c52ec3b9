import {
  ActionIcon,
  Anchor,
  Collapse,
  Group,
  Menu,
  Skeleton,
  Stack,
  Text,
  UnstyledButton,
} from '@mantine/core'
import { IconBan, IconCircle, IconCircleCheck, IconCircleDot, IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { getPlaybookTrackOptions, type TrackLine, type TrackOut, type TrackPhase } from '../../api'
import { useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { DeedDialog } from './DeedDialog'
import { StepLine } from './StepLine'
import { TrackEvents } from './TrackEvents'
import classes from './TrackView.module.css'

/** One playbook on one record: its phases as a line, the steps of one of them, and what can be done. */
export function TrackView({ line, folded = false }: { line: TrackLine; folded?: boolean }) {
  const me = useMe()
  const [open, setOpen] = useState(!folded)
  const [calling, setCalling] = useState(false)
  const found = useQuery({ ...getPlaybookTrackOptions({ path: { track_id: line.id } }), enabled: open })
  const over = line.ended_at !== null
  const builds = me.administrator || me.builder
  return (
    <div className={classes.box} data-testid={`track-${line.id}`}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Group gap={8}>
            <UnstyledButton aria-expanded={open} onClick={() => setOpen(!open)}>
              <Text size="sm" fw={600} dir="auto">
                {line.playbook_name}
              </Text>
            </UnstyledButton>
            <Status of={line.status} label={t.status[line.status]} />
            <Text size="xs" c="dimmed">
              {t.progress(line.done, line.total)}
              {line.started_by?.name && `, ${t.startedBy(line.started_by.name)}`}{' '}
              <When at={line.started_at ?? line.created_at} />
            </Text>
          </Group>
          {(builds || !over) && (
            <Menu width={200} position="bottom-end" returnFocus>
              <Menu.Target>
                <ActionIcon variant="subtle" color="gray" aria-label={t.trackMenu(line.playbook_name)}>
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                {builds && (
                  <Menu.Item component={Link} to={`/playbooks/${line.playbook}`}>
                    {t.open}
                  </Menu.Item>
                )}
                {!over && (
                  <Menu.Item color="red" leftSection={<IconBan size={15} />} onClick={() => setCalling(true)}>
                    {t.cancel}
                  </Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
        <Because line={line} />
        {open && found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
        {open && !found.data && !found.error && <Skeleton h={90} />}
        {open && found.data && <Inside track={found.data} />}
      </Stack>
      {calling && (
        <DeedDialog
          deed="cancel"
          track={line.id}
          name={line.playbook_name}
          onClose={() => setCalling(false)}
        />
      )}
    </div>
  )
}

/** Why it was started, or what ended it before its last step. */
function Because({ line }: { line: TrackLine }) {
  const ended = line.status === 'exited' ? t.exitedBecause(line.ended_because) : null
  const words = [ended, line.status === 'queued' ? t.queuedAbout : line.reason].filter(Boolean)
  return words.map((one) => (
    <Text key={one} size="sm" c="dimmed" dir="auto" style={{ overflowWrap: 'anywhere' }}>
      {one}
    </Text>
  ))
}

const isOver = (phase: TrackPhase) =>
  phase.steps.length > 0 && phase.steps.every((step) => !['to_do', 'open', 'waiting'].includes(step.status))
const wasStopped = (phase: TrackPhase) => phase.steps.some((step) => step.status === 'cancelled')
const isNow = (phase: TrackPhase) => phase.steps.some((step) => ['open', 'waiting'].includes(step.status))

function Inside({ track }: { track: TrackOut }) {
  const [asked, setAsked] = useState<string | null>(null)
  const [told, setTold] = useState(false)
  const now =
    track.phases.find(isNow) ??
    track.phases.find(wasStopped) ??
    track.phases.find((phase) => !isOver(phase)) ??
    track.phases.at(-1)
  const shown = track.phases.find((phase) => phase.key === asked) ?? now
  return (
    <>
      <ol className={classes.line} aria-label={t.phases}>
        {track.phases.map((phase) => {
          const Sign = isOver(phase) ? IconCircleCheck : isNow(phase) ? IconCircleDot : IconCircle
          return (
            <li key={phase.key}>
              <UnstyledButton
                className={classes.phase}
                data-shown={shown?.key === phase.key || undefined}
                aria-current={now?.key === phase.key ? 'step' : undefined}
                aria-pressed={shown?.key === phase.key}
                onClick={() => setAsked(phase.key)}
              >
                <Sign size={15} aria-hidden /> {phase.name}
              </UnstyledButton>
            </li>
          )
        })}
      </ol>
      <ol className={classes.steps}>
        {shown?.steps.map((step) => (
          <StepLine key={step.key} step={step} track={track} />
        ))}
      </ol>
      <Anchor
        component="button"
        type="button"
        size="xs"
        ta="start"
        aria-expanded={told}
        onClick={() => setTold(!told)}
      >
        {t.history}
      </Anchor>
      <Collapse expanded={told}>{told && <TrackEvents track={track} />}</Collapse>
    </>
  )
}
