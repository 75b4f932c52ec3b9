import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { DutyException, Shift } from '../../api'
import { UserSelect } from '../../form/UserSelect'
import { duty as t } from '../../text/duty'

type Weekday = Shift['weekday']
const WEEKDAYS: readonly Weekday[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
]

interface Rows<T> {
  rows: T[]
  onChange: (rows: T[]) => void
}

const changed = <T,>(rows: T[], at: number, change: Partial<T>) =>
  rows.map((row, place) => (place === at ? { ...row, ...change } : row))
const without = <T,>(rows: T[], at: number) => rows.filter((_, place) => place !== at)

/** The day after the last that is planned: what somebody most likely adds next. */
function nextShift(rows: Shift[]): Shift {
  const last = rows.at(-1)
  const day = last ? WEEKDAYS[(WEEKDAYS.indexOf(last.weekday) + 1) % WEEKDAYS.length] : 'monday'
  return {
    weekday: day ?? 'monday',
    start: last?.start ?? '09:00',
    end: last?.end ?? '17:00',
    user_id: last?.user_id ?? 0,
  }
}

/** Somebody's hours, weekday by weekday. */
export function Shifts({ rows, onChange }: Rows<Shift>) {
  return (
    <Stack gap={6}>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noShifts}
        </Text>
      )}
      {rows.length > 0 && (
        <Group gap="xs" wrap="nowrap" aria-hidden>
          <Over w={140}>{t.day}</Over>
          <Over w={76}>{t.from}</Over>
          <Over w={76}>{t.until}</Over>
          <Over>{t.who}</Over>
        </Group>
      )}
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: hours that are being chosen have no name but their place
        <Group key={at} gap="xs" wrap="nowrap">
          <Select
            w={140}
            aria-label={t.day}
            allowDeselect={false}
            data={WEEKDAYS.map((value) => ({ value: value as string, label: t.days[value] ?? value }))}
            value={row.weekday}
            onChange={(day) => {
              const weekday = WEEKDAYS.find((known) => known === day)
              if (weekday) onChange(changed(rows, at, { weekday }))
            }}
          />
          <Clock
            label={t.from}
            value={row.start}
            onChange={(start) => onChange(changed(rows, at, { start }))}
          />
          <Clock label={t.until} value={row.end} onChange={(end) => onChange(changed(rows, at, { end }))} />
          <Who
            value={row.user_id || null}
            onChange={(id) => onChange(changed(rows, at, { user_id: id ?? 0 }))}
          />
          <Remove
            label={t.removeShift(t.days[row.weekday] ?? '')}
            onClick={() => onChange(without(rows, at))}
          />
        </Group>
      ))}
      <Add label={t.addShift} onClick={() => onChange([...rows, nextShift(rows)])} />
    </Stack>
  )
}

/** What stands over a column of inputs, each of which has its own name for whoever listens. */
function Over({ w, children }: { w?: number; children: string }) {
  return (
    <Text size="xs" fw={600} {...(w && { w })}>
      {children}
    </Text>
  )
}

/** Days on which it is otherwise. */
export function Exceptions({ rows, onChange }: Rows<DutyException>) {
  return (
    <Stack gap={6}>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noExceptions}
        </Text>
      )}
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: days that are being chosen have no name but their place
        <Group key={at} gap="xs" align="flex-end">
          <TextInput
            type="date"
            label={t.firstDay}
            value={row.first_day}
            onChange={(event) => onChange(changed(rows, at, { first_day: event.currentTarget.value }))}
          />
          <TextInput
            type="date"
            label={t.lastDay}
            value={row.last_day}
            onChange={(event) => onChange(changed(rows, at, { last_day: event.currentTarget.value }))}
          />
          <Clock
            shown
            label={t.from}
            value={row.start}
            onChange={(start) => onChange(changed(rows, at, { start }))}
          />
          <Clock
            shown
            label={t.until}
            value={row.end}
            onChange={(end) => onChange(changed(rows, at, { end }))}
          />
          <Who
            shown
            value={row.user_id ?? null}
            onChange={(id) => onChange(changed(rows, at, { user_id: id }))}
          />
          <TextInput
            w={150}
            label={t.note}
            value={row.note ?? ''}
            onChange={(event) => onChange(changed(rows, at, { note: event.currentTarget.value || null }))}
          />
          <Remove label={t.removeException(row.first_day)} onClick={() => onChange(without(rows, at))} />
        </Group>
      ))}
      <Add label={t.addException} onClick={() => onChange([...rows, { first_day: '', last_day: '' }])} />
    </Stack>
  )
}

/** A time of the day; "24:00" is the end of it, so it is text. */
function Clock(props: { label: string; shown?: boolean; value?: string; onChange: (value: string) => void }) {
  const fallback = props.label === t.from ? '00:00' : '24:00'
  return (
    <TextInput
      w={76}
      {...(props.shown ? { label: props.label } : { 'aria-label': props.label })}
      placeholder="09:00"
      maxLength={5}
      value={props.value ?? fallback}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  )
}

function Who({
  value,
  onChange,
  shown = false,
}: {
  value: number | null
  onChange: (id: number | null) => void
  shown?: boolean
}) {
  return (
    <div style={{ flex: 1, minWidth: 160 }}>
      <UserSelect
        {...(shown ? { label: t.who } : { 'aria-label': t.who })}
        placeholder={t.nobody}
        value={value}
        onChange={onChange}
      />
    </div>
  )
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
      <IconTrash size={16} />
    </ActionIcon>
  )
}

function Add({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Group>
      <Button size="xs" variant="subtle" leftSection={<IconPlus size={14} />} onClick={onClick}>
        {label}
      </Button>
    </Group>
  )
}
