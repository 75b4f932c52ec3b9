import { ActionIcon, Badge, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type Absence,
  addAbsenceMutation,
  asProblem,
  listAbsencesOptions,
  removeAbsenceMutation,
} from '../api'
import { useMe } from '../app/useMe'
import { UserSelect } from '../form/UserSelect'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { Section } from '../settings/Section'
import { format } from '../text'
import { absences as t } from '../text/duty'

/** Who is away and who stands in: one's own, or, for administrators, everybody's. */
export function AbsenceSection({ everyone = false }: { everyone?: boolean }) {
  const me = useMe()
  const found = useQuery(listAbsencesOptions({ query: { everyone, limit: 200 } }))
  const cache = useQueryClient()
  const again = () => {
    for (const _id of ['listAbsences', 'listInbox', 'countInbox'])
      cache.invalidateQueries({ queryKey: [{ _id }] })
  }
  const remove = useMutation({
    ...removeAbsenceMutation(),
    onSuccess: () => sayDone(t.removed),
    onError: (error) => sayProblem(error),
    onSettled: again,
  })
  return (
    <Section title={everyone ? t.all : t.title} about={t.about}>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={32} />}
      {found.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.none}
        </Text>
      )}
      <Stack gap={4}>
        {found.data?.items.map((absence) => (
          <Line
            key={absence.id}
            absence={absence}
            me={me.user.id}
            onRemove={
              everyone || absence.user_id === me.user.id
                ? () => remove.mutate({ path: { absence_id: absence.id } })
                : undefined
            }
          />
        ))}
      </Stack>
      <NewAbsence everyone={everyone} onAdded={again} />
    </Section>
  )
}

interface LineProps {
  absence: Absence
  me: number
  onRemove?: () => void
}

function Line({ absence, me, onRemove }: LineProps) {
  const own = absence.user_id === me
  const standsIn = absence.delegate_name ? t.standsIn(absence.delegate_name) : t.noDelegate
  const about = !own && absence.delegate_id === me ? t.youStandIn(absence.user_name) : standsIn
  const days = t.span(format.date(absence.first_day), format.date(absence.last_day))
  return (
    <Group justify="space-between" wrap="nowrap">
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Group gap={8}>
          <Text size="sm" fw={500}>
            {own ? days : `${absence.user_name}: ${days}`}
          </Text>
          {absence.now && <Badge color="orange">{t.now}</Badge>}
        </Group>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {absence.note ? `${about} · ${absence.note}` : about}
        </Text>
      </Stack>
      {onRemove && (
        <ActionIcon variant="subtle" color="gray" aria-label={t.remove(absence.user_name)} onClick={onRemove}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
    </Group>
  )
}

const BLANK = { user: null as number | null, first: '', last: '', delegate: null as number | null, note: '' }

function NewAbsence({ everyone, onAdded }: { everyone: boolean; onAdded: () => void }) {
  const [draft, setDraft] = useState(BLANK)
  const set = (change: Partial<typeof BLANK>) => setDraft((before) => ({ ...before, ...change }))
  const add = useMutation({
    ...addAbsenceMutation(),
    onSuccess: () => {
      sayDone(t.added)
      setDraft(BLANK)
    },
    onSettled: onAdded,
  })
  const problem = add.error ? asProblem(add.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { user, first, last, delegate, note } = draft
    const days = { first_day: first, last_day: last || first }
    add.mutate({ body: { ...days, delegate_id: delegate, user_id: user, note: note.trim() || null } })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        {problem && <Problem error={problem} />}
        {everyone && (
          <UserSelect
            label={t.who}
            required
            value={draft.user}
            error={problem?.at('/user_id')}
            onChange={(user) => set({ user })}
          />
        )}
        <Group grow align="flex-start">
          <TextInput
            type="date"
            label={t.firstDay}
            required
            value={draft.first}
            error={problem?.at('/first_day')}
            onChange={(event) => set({ first: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            label={t.lastDay}
            min={draft.first || undefined}
            value={draft.last}
            error={problem?.at('/last_day')}
            onChange={(event) => set({ last: event.currentTarget.value })}
          />
        </Group>
        <UserSelect
          label={t.delegate}
          value={draft.delegate}
          error={problem?.at('/delegate_id')}
          onChange={(delegate) => set({ delegate })}
        />
        <TextInput
          label={t.note}
          maxLength={500}
          value={draft.note}
          onChange={(event) => set({ note: event.currentTarget.value })}
        />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={add.isPending} disabled={everyone && !draft.user}>
            {t.add}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
