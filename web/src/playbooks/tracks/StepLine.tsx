import { ActionIcon, Badge, Button, FileButton, Group, Menu, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import type { TrackOut, TrackStep } from '../../api'
import { useMe } from '../../app/useMe'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { signOf } from '../editor/kinds'
import { spoken } from '../spoken'
import { type Deed, DeedDialog } from './DeedDialog'
import { told } from './TrackEvents'
import classes from './TrackView.module.css'
import { useUpload } from './useUpload'

/** A step on this record: how it stands, who has it or did it and when; and the next deed. */
export function StepLine({ step, track }: { step: TrackStep; track: TrackOut }) {
  const [deed, setDeed] = useState<Deed | null>(null)
  const Sign = signOf(step.type)
  const name = spoken(step.name)
  const reopened = wasReopened(step, track)
  const waits = step.status === 'open' && !reopened ? openAgain(track) : undefined
  return (
    <li className={classes.step} data-testid={`track-step-${step.key}`}>
      <Sign size={16} stroke={1.6} aria-hidden style={{ flex: 'none', marginTop: 3 }} />
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text
          size="sm"
          fw={step.status === 'open' ? 600 : 400}
          dir="auto"
          style={{ overflowWrap: 'anywhere' }}
        >
          {name}
        </Text>
        <Text size="xs" c="dimmed" component="div" style={{ overflowWrap: 'anywhere' }}>
          <Told step={step} track={track} />
        </Text>
        {reopened && <Story step={step} track={track} />}
        {waits && (
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {t.waitsFor(spoken(waits.name))}
          </Text>
        )}
        {step.comment && !reopened && (
          <Text size="xs" fs="italic" dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {step.comment}
          </Text>
        )}
        {step.error && (
          <Text size="xs" c="var(--mantine-color-error)">
            {String(step.error.message ?? '')}
          </Text>
        )}
      </div>
      {reopened && step.status === 'open' && <Badge color="orange">{t.reopened}</Badge>}
      {step.late && <Badge color="red">{t.late}</Badge>}
      {track.ended_at === null && <Deeds step={step} track={track} name={name} onDeed={setDeed} />}
      {deed && (
        <DeedDialog deed={deed} track={track.id} step={step.key} name={name} onClose={() => setDeed(null)} />
      )}
    </li>
  )
}

const wasReopened = (step: TrackStep, track: TrackOut) =>
  track.events.some((one) => one.step === step.key && one.what === 'reopened')

/** The step that is to be done again before the playbook goes on. */
const openAgain = (track: TrackOut) =>
  track.phases
    .flatMap((phase) => phase.steps)
    .find((step) => step.status === 'open' && wasReopened(step, track))

/** A step that was opened again is one step: what was done before stands under it. */
function Story({ step, track }: { step: TrackStep; track: TrackOut }) {
  const of = track.events.filter((one) => one.step === step.key && STORY.includes(one.what))
  return (
    <ul className={classes.story} aria-label={t.story}>
      {of.map((one) => (
        <Text component="li" size="xs" c="dimmed" key={one.id} dir="auto">
          {told(one)} <When at={one.at} />
          {one.comment && `: ${one.comment}`}
        </Text>
      ))}
    </ul>
  )
}

const STORY = ['done', 'skipped', 'lapsed', 'reopened']

/** Its state in words: who has it and until when, or who did what and when. */
function Told({ step, track }: { step: TrackStep; track: TrackOut }) {
  const notNeeded = track.status === 'exited' && step.status === 'cancelled'
  const known = notNeeded ? t.notNeeded : (t.stepStatus[step.status] ?? step.status)
  const state = step.decision ? t[step.decision] : known
  if (step.status !== 'open')
    return (
      <>
        {state}
        {step.by?.name && ` ${t.by(step.by.name)}`}
        {step.documents.length > 0 && `, ${t.files(step.documents.length)}`}
        {step.ended_at && (
          <>
            {' '}
            <When at={step.ended_at} />
          </>
        )}
      </>
    )
  return (
    <>
      {whose(step)}
      {step.given_as && t.given[step.given_as] && `, ${t.given[step.given_as]}`}
      {step.due_at && (
        <>
          , {t.due} <When at={step.due_at} exact />
        </>
      )}
    </>
  )
}

function whose({ assignee, asked }: TrackStep): string {
  if (asked.length > 0) return t.asked(asked.map((one) => one.name ?? '').join(', '))
  const name = assignee?.user?.name ?? assignee?.group?.name
  return name ? t.has_it(name) : t.nobody
}

interface DeedsProps {
  step: TrackStep
  track: TrackOut
  name: string
  onDeed: (deed: Deed) => void
}

function Deeds({ step, track, name, onDeed }: DeedsProps) {
  const me = useMe()
  const open = step.status === 'open'
  const mine = step.assignee?.user ? step.assignee.user.id === me.user.id : true
  const again = step.task_id !== null && ['done', 'skipped', 'lapsed'].includes(step.status)
  if (!open && !again) return null
  return (
    <Group gap={4} wrap="nowrap">
      {open && step.question_id !== null && step.asked.some((one) => one.id === me.user.id) && (
        <>
          <Button
            size="compact-sm"
            variant="light"
            aria-label={t.deedOn(t.approve, name)}
            onClick={() => onDeed('approve')}
          >
            {t.approve}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t.deedOn(t.reject, name)}
            onClick={() => onDeed('reject')}
          >
            {t.reject}
          </Button>
        </>
      )}
      {open && step.type === 'manual' && (mine || me.administrator) && (
        <Button
          size="compact-sm"
          variant="light"
          aria-label={t.deedOn(t.done, name)}
          onClick={() => onDeed('done')}
        >
          {t.done}
        </Button>
      )}
      {open && step.type === 'file' && (mine || me.administrator) && (
        <Upload track={track.id} step={step.key} name={name} />
      )}
      <Menu width={190} position="bottom-end" returnFocus>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label={t.stepMenu(name)}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {open && <Menu.Item onClick={() => onDeed('handOn')}>{t.handOn}</Menu.Item>}
          {open && <Menu.Item onClick={() => onDeed('skip')}>{t.skip}</Menu.Item>}
          {again && <Menu.Item onClick={() => onDeed('reopen')}>{t.reopen}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}

function Upload({ track, step, name }: { track: number; step: string; name: string }) {
  const add = useUpload(track, step)
  return (
    <FileButton onChange={(file) => file && add.mutate(file)} inputProps={{ 'aria-label': t.upload }}>
      {(props) => (
        <Button
          {...props}
          size="compact-sm"
          variant="light"
          aria-label={t.deedOn(t.upload, name)}
          loading={add.isPending}
        >
          {t.upload}
        </Button>
      )}
    </FileButton>
  )
}
