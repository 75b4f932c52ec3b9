import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, changeEventMutation, type EventOut, type NewEvent, planEventMutation } from '../api'
import { useMe } from '../app/useMe'
import { UserSelect } from '../form/UserSelect'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { t as shared } from '../text'
import { calendar as t } from '../text/calendar'
import { clock } from './Chip'
import { type Day, momentOf, plusDays, wallOf } from './dates'
import { refreshCalendar } from './useEntries'

/** Where a new event is to stand; without minutes at nine in the morning. */
export interface NewAt {
  day: Day
  minutes?: number
}

type Kind = NonNullable<NewEvent['kind']>
const KINDS: readonly Kind[] = ['meeting', 'call', 'visit', 'deadline', 'other']

/** An event to plan, move or cancel. */
export function EventDialog({
  of,
  zone,
  onClose,
}: {
  of: EventOut | NewAt
  zone: string
  onClose: () => void
}) {
  const me = useMe()
  const event = 'id' in of ? of : null
  const [draft, setDraft] = useState(() => draftOf(of, zone, me.user.id))
  const set = (change: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...change }))
  const ends = {
    onSuccess: () => {
      sayDone(t.savedEvent)
      onClose()
    },
    onSettled: refreshCalendar,
  }
  const plan = useMutation({ ...planEventMutation(), ...ends })
  const change = useMutation({ ...changeEventMutation(), ...ends })
  const error = plan.error ?? change.error
  const problem = error ? asProblem(error) : null
  const send = (etag: string | null, cancelled = false) => {
    const { allDay, from, until, ...rest } = draft
    const inZone = event?.all_day ? event.time_zone : zone
    const times = {
      starts_at: momentOf(allDay ? `${from.slice(0, 10)}T00:00` : from, inZone).toISOString(),
      // A whole day ends with the midnight after it; the server adds that to a new one.
      ends_at: momentOf(
        allDay ? `${event ? plusDays(until.slice(0, 10), 1) : until.slice(0, 10)}T00:00` : until,
        inZone,
      ).toISOString(),
    }
    const body = { ...rest, ...times, location: rest.location || null, description: rest.description || null }
    if (!event) plan.mutate({ body: { ...body, all_day: allDay } })
    else {
      const status = cancelled ? ('cancelled' as const) : event.status === 'cancelled' ? 'planned' : undefined
      const path = { event_id: event.id }
      change.mutate({
        path,
        body: { ...body, ...(status && { status }) },
        headers: { 'If-Match': etag ?? '*' },
      })
    }
  }
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault()
    send(event?.etag ?? null)
  }
  const type = draft.allDay ? 'date' : 'datetime-local'
  const shown = (wall: string) => (draft.allDay ? wall.slice(0, 10) : wall)
  const typed = (value: string, before: string) => (value.length === 10 ? value + before.slice(10) : value)
  return (
    <Modal opened onClose={onClose} title={event ? t.change : t.plan} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          {problem && !problem.conflict && <Problem error={problem} />}
          <TextInput
            label={t.eventTitle}
            required
            data-autofocus
            maxLength={300}
            value={draft.title}
            error={problem?.at('/title')}
            onChange={(typing) => set({ title: typing.currentTarget.value })}
          />
          <Group grow align="flex-start">
            <TextInput
              type={type}
              label={t.from}
              required
              value={shown(draft.from)}
              error={problem?.at('/starts_at')}
              onChange={(typing) => {
                const from = typed(typing.currentTarget.value, draft.from)
                set({ from, ...(draft.until < from && { until: from }) })
              }}
            />
            <TextInput
              type={type}
              label={t.until}
              required
              value={shown(draft.until)}
              error={problem?.at('/ends_at')}
              onChange={(typing) => set({ until: typed(typing.currentTarget.value, draft.until) })}
            />
          </Group>
          {!event && (
            <Checkbox
              label={t.allDay}
              checked={draft.allDay}
              onChange={(ticked) => set({ allDay: ticked.currentTarget.checked })}
            />
          )}
          <Group grow align="flex-start">
            <Select
              label={t.type}
              allowDeselect={false}
              data={KINDS.map((value) => ({ value: value as string, label: t.kinds[value] ?? value }))}
              value={draft.kind}
              onChange={(value) => set({ kind: KINDS.find((known) => known === value) ?? 'other' })}
            />
            <UserSelect
              label={t.who}
              value={draft.assignee_user_id}
              error={problem?.at('/assignee_user_id')}
              onChange={(assignee_user_id) => set({ assignee_user_id })}
            />
          </Group>
          <TextInput
            label={t.place}
            maxLength={500}
            value={draft.location}
            onChange={(typing) => set({ location: typing.currentTarget.value })}
          />
          <Textarea
            label={t.details}
            autosize
            minRows={2}
            maxRows={8}
            value={draft.description}
            onChange={(typing) => set({ description: typing.currentTarget.value })}
          />
          {problem?.conflict && (
            <Alert color="orange" role="alert" title={t.conflict}>
              <Text size="sm" mb="xs">
                {t.conflictMore}
              </Text>
              <Button size="xs" variant="default" onClick={() => send(null)}>
                {t.saveAnyway}
              </Button>
            </Alert>
          )}
          <Group justify="space-between">
            <div>
              {event && event.status !== 'cancelled' && (
                <Button variant="subtle" color="red" onClick={() => send(event.etag, true)}>
                  {t.cancelEvent}
                </Button>
              )}
            </div>
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {shared.common.cancel}
              </Button>
              <Button type="submit" loading={plan.isPending || change.isPending}>
                {shared.common.save}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function draftOf(of: EventOut | NewAt, zone: string, me: number) {
  if (!('id' in of)) {
    const from = `${of.day}T${clock(of.minutes ?? 540)}`
    const hours = { from, until: `${of.day}T${clock(Math.min((of.minutes ?? 540) + 60, 1439))}` }
    const words = { title: '', location: '', description: '', kind: 'meeting' as Kind }
    return { ...words, ...hours, allDay: false, assignee_user_id: me as number | null }
  }
  const at = of.all_day ? of.time_zone : zone
  const until = wallOf(of.ends_at, at)
  return {
    title: of.title,
    location: of.location ?? '',
    description: of.description ?? '',
    kind: KINDS.find((known) => known === of.kind) ?? 'other',
    from: wallOf(of.starts_at, at),
    until: of.all_day ? `${plusDays(until.slice(0, 10), -1)}T00:00` : until,
    allDay: of.all_day,
    assignee_user_id: of.assignee_user_id,
  }
}
