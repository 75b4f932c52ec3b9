import { Button, Group, Modal, Select, Skeleton, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, Suspense, useState } from 'react'
import { api, asProblem, type CalledOff } from '../../api'
import { lazy } from '../../app/lazy'
import { GroupSelect } from '../../form/GroupSelect'
import { UserSelect } from '../../form/UserSelect'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { tracks as t } from '../../text/tracks'
import { refreshTracks } from './refresh'

// The calendar in it is large, and few steps are opened again.
const MomentInput = lazy(async () => ({ default: (await import('../../form/DateInputs')).MomentTextInput }))

export type Deed = 'done' | 'approve' | 'reject' | 'skip' | 'reopen' | 'handOn' | 'cancel'

interface Props {
  deed: Deed
  track: number
  /** None: the deed is about the whole playbook. */
  step?: string
  name: string
  onClose: () => void
}

interface Said {
  words: string
  user: number | null
  group: string | null
  strategy: CalledOff['strategy']
  due: string | null
}

// Where a problem stands at its field.
const SHOWN = ['/comment', '/reason', '/user_id', '/group', '/due_at']
const NEEDS_REASON: readonly Deed[] = ['skip', 'reopen', 'cancel']

const NOTHING: Said = { words: '', user: null, group: null, strategy: null, due: null }

/** A deed with what is said of it: a comment, a reason, to whom. */
export function DeedDialog({ deed, track, step = '', name, onClose }: Props) {
  const [said, setSaid] = useState<Said>(NOTHING)
  const send = useMutation({
    mutationFn: () => SENDS[deed](track, step, said),
    onSuccess: () => {
      sayDone(t.said[deed])
      onClose()
    },
    onSettled: refreshTracks,
  })
  const problem = send.error ? asProblem(send.error) : null
  const reasoned = NEEDS_REASON.includes(deed)
  const ready =
    (!reasoned || said.words.trim() !== '') &&
    (deed !== 'handOn' || said.user !== null || said.group !== null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The dialog stands in the page of a form of its own.
    event.stopPropagation()
    if (ready) send.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t[deed]}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" fw={500} dir="auto">
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {t.about[deed]}
          </Text>
          {deed === 'handOn' && (
            <>
              <UserSelect
                label={t.person}
                value={said.user}
                onChange={(user) => setSaid({ ...said, user, group: user === null ? said.group : null })}
                error={problem?.at('/user_id')}
              />
              <GroupSelect
                label={t.group}
                value={said.group}
                onChange={(group) => setSaid({ ...said, group, user: group === null ? said.user : null })}
                error={problem?.at('/group')}
              />
            </>
          )}
          <Textarea
            data-autofocus={deed !== 'handOn' || undefined}
            label={reasoned ? t.reason : t.comment}
            withAsterisk={reasoned}
            autosize
            minRows={2}
            maxLength={2000}
            value={said.words}
            onChange={(event) => setSaid({ ...said, words: event.currentTarget.value })}
            error={problem?.at('/comment') ?? problem?.at('/reason')}
          />
          {deed === 'reopen' && (
            <Suspense fallback={<Skeleton h={78} />}>
              <MomentInput
                label={t.dueAgain}
                description={t.dueAgainAbout}
                value={said.due ?? ''}
                onChange={(due) => setSaid({ ...said, due })}
                error={problem?.at('/due_at')}
              />
            </Suspense>
          )}
          {deed === 'cancel' && (
            <Select
              label={t.afterwards}
              data={Object.entries(t.afterwardsAs).map(([value, label]) => ({ value, label }))}
              value={said.strategy ?? ''}
              onChange={(next) => setSaid({ ...said, strategy: (next || null) as Said['strategy'] })}
              allowDeselect={false}
            />
          )}
          {problem && !SHOWN.some((path) => problem.at(path)) && <Problem error={problem} title={t.failed} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button
              type="submit"
              disabled={!ready}
              loading={send.isPending}
              color={deed === 'cancel' || deed === 'reject' ? 'red' : undefined}
            >
              {t[deed]}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

type Send = (track_id: number, step: string, said: Said) => Promise<unknown>

const decide =
  (decision: 'approved' | 'rejected'): Send =>
  (track_id, step, { words }) =>
    api.decidePlaybookStep({
      path: { track_id, step },
      body: { decision, comment: words.trim() || null },
      throwOnError: true,
    })

const SENDS: Record<Deed, Send> = {
  approve: decide('approved'),
  reject: decide('rejected'),
  done: (track_id, step, { words }) =>
    api.doPlaybookStep({
      path: { track_id, step },
      body: { comment: words.trim() || null },
      throwOnError: true,
    }),
  skip: (track_id, step, { words }) =>
    api.skipPlaybookStep({ path: { track_id, step }, body: { reason: words.trim() }, throwOnError: true }),
  reopen: (track_id, step, { words, due }) =>
    api.reopenPlaybookStep({
      path: { track_id, step },
      body: { reason: words.trim(), due_at: due },
      throwOnError: true,
    }),
  handOn: (track_id, step, { words, user, group }) =>
    api.reassignPlaybookStep({
      path: { track_id, step },
      body: { reason: words.trim() || null, ...(user === null ? { group } : { user_id: user }) },
      throwOnError: true,
    }),
  cancel: (track_id, _step, { words, strategy }) =>
    api.cancelPlaybookTrack({
      path: { track_id },
      body: { reason: words.trim(), ...(strategy ? { strategy } : {}) },
      throwOnError: true,
    }),
}
