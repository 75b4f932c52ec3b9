import '@mantine/dates/styles.css'
import { Chip, Group, Input, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { DatePickerInput } from '@mantine/dates'
import { format } from '../../text'
import { schedule as t } from '../../text/schedule'
import { DayInput } from '../DateInputs'
import { NextTimes } from './NextTimes'
import styles from './schedule.module.css'
import {
  begun,
  type Every,
  MINUTES,
  mayBeMissing,
  type ShortMonth,
  toggled,
  WEEKDAYS,
  type When,
} from './when'
import { YearDays } from './YearDays'

interface Props {
  value: When
  onChange: (value: When) => void
  /** What people see of the choices, by the server: kinds, and what becomes of short months. */
  kinds: Record<string, string>
  shortMonths: Record<string, string>
  timeZone: string | null
  error?: string | undefined
}

/** A schedule chosen step by step: how often, on which days, at what time; and when that will be. */
export function ScheduleInput({ value, onChange, kinds, shortMonths, timeZone, error }: Props) {
  const set = (part: Partial<When>) => onChange({ ...value, ...part })
  const choose = (every: string | null) => every && onChange(begun(every as Every, value, today(timeZone)))
  const { every } = value
  return (
    <Stack gap="sm" data-testid="schedule">
      <Select
        label={t.every}
        withAsterisk
        data={Object.entries(kinds).map(([key, label]) => ({ value: key, label }))}
        value={every ?? null}
        onChange={choose}
        allowDeselect={false}
        error={error}
        maxDropdownHeight={320}
      />
      {every && <Days value={value} set={set} />}
      {value.at !== undefined && (
        <TextInput
          type="time"
          label={t.at}
          value={value.at}
          onChange={(event) => event.currentTarget.value && set({ at: event.currentTarget.value })}
          w={140}
        />
      )}
      {mayBeMissing(value) && (
        <Select
          label={t.shortMonth}
          data={Object.entries(shortMonths).map(([key, label]) => ({ value: key, label }))}
          value={value.short_month ?? 'last_day'}
          onChange={(next) => next && set({ short_month: next as ShortMonth })}
          allowDeselect={false}
        />
      )}
      {every && <NextTimes when={value} timeZone={timeZone} quiet={Boolean(error)} />}
    </Stack>
  )
}

/** The days that belong to a kind; none for those of every day. */
function Days({ value, set }: { value: When; set: (part: Partial<When>) => void }) {
  switch (value.every) {
    case 'minutes':
      return (
        <Select
          label={t.everyMinutes}
          data={MINUTES.map((one) => ({ value: String(one), label: t.minutes(one) }))}
          value={String(value.minutes ?? 15)}
          onChange={(next) => next && set({ minutes: Number(next) })}
          allowDeselect={false}
        />
      )
    case 'hour':
      return (
        <NumberInput
          label={t.minute}
          value={value.minute ?? 0}
          min={0}
          max={59}
          allowDecimal={false}
          onChange={(next) => typeof next === 'number' && next >= 0 && next <= 59 && set({ minute: next })}
          w={160}
        />
      )
    case 'week':
      return <Week value={value.weekdays ?? []} onChange={(weekdays) => set({ weekdays })} />
    case 'month':
      return <Month value={value.days ?? []} onChange={(days) => set({ days })} />
    case 'year':
      return <YearDays value={value.days_of_year ?? []} onChange={(days) => set({ days_of_year: days })} />
    case 'dates':
      return <Dates value={value.dates ?? []} onChange={(dates) => set({ dates })} />
    case 'once':
      return (
        <DayInput label={t.date} required value={value.day ?? ''} onChange={(day) => day && set({ day })} />
      )
    default:
      return null
  }
}

function Week({ value, onChange }: { value: string[]; onChange: (days: string[]) => void }) {
  return (
    <Input.Wrapper label={t.onDays} labelElement="div">
      <Chip.Group
        multiple
        value={value}
        onChange={(days) => days.length > 0 && onChange(WEEKDAYS.filter((day) => days.includes(day)))}
      >
        <Group gap={4} mt={4} role="group" aria-label={t.onDays}>
          {WEEKDAYS.map((day, at) => (
            <Chip key={day} value={day} size="xs">
              {dayName(at)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Input.Wrapper>
  )
}

function Month({
  value,
  onChange,
}: {
  value: (number | 'last')[]
  onChange: (days: (number | 'last')[]) => void
}) {
  const choose = (day: number | 'last') => {
    const next = toggled(value, day)
    if (next.length > 0) onChange(next)
  }
  return (
    <Input.Wrapper label={t.daysOfMonth} labelElement="div">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a grid everywhere */}
      <div className={styles.month} role="group" aria-label={t.daysOfMonth} style={{ marginTop: 4 }}>
        {Array.from({ length: 31 }, (_none, at) => at + 1).map((day) => (
          <button
            key={day}
            type="button"
            className={styles.day}
            aria-pressed={value.includes(day)}
            aria-label={t.dayOfMonth(day)}
            onClick={() => choose(day)}
          >
            {day}
          </button>
        ))}
        <button
          type="button"
          className={`${styles.day} ${styles.last}`}
          aria-pressed={value.includes('last')}
          onClick={() => choose('last')}
        >
          {t.lastDay}
        </button>
      </div>
    </Input.Wrapper>
  )
}

function Dates({ value, onChange }: { value: string[]; onChange: (days: string[]) => void }) {
  return (
    <Stack gap={4}>
      <DatePickerInput
        type="multiple"
        label={t.dates}
        withAsterisk
        value={value}
        onChange={(days) => onChange([...days].sort())}
        valueFormat="D MMM YYYY"
        placeholder={t.chooseDates}
      />
      {value.length > 3 && (
        <Text size="xs" c="dimmed">
          {value.map((day) => format.date(day)).join(', ')}
        </Text>
      )}
    </Stack>
  )
}

/** 5 January 1970 was a Monday. */
function dayName(at: number): string {
  return new Intl.DateTimeFormat(format.locale, { weekday: 'short', timeZone: 'UTC' }).format(
    Date.UTC(1970, 0, 5 + at),
  )
}

/** The day that it is there: in the evening of one zone it is tomorrow in another. */
function today(zone: string | null): string {
  const timeZone = zone ?? format.timeZone
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date())
}
