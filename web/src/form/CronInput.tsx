import { Chip, Group, Input, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import cronstrue from 'cronstrue'
import { useState } from 'react'
import { format } from '../text'
import { form as t } from '../text/form'
import { begun, cronOf, EVERY, type Every, type Guided, guided } from './cron'
import type { InputProps } from './types'

type Said = Exclude<Guided, { every: 'custom' }>

/** A schedule, chosen step by step or written as five fields, and always said in words. */
export function CronInput({
  value,
  onChange,
  label,
  description,
  error,
  required,
  ...input
}: InputProps<string>) {
  const [byHand, setByHand] = useState(false)
  const read = guided(value)
  const guide: Guided = byHand ? { every: 'custom' } : read
  const choose = (every: Every) => {
    setByHand(every === 'custom')
    if (every !== 'custom') onChange(cronOf(begun(every, read)))
  }
  const words = wordsOf(value)
  const called = label ?? input['aria-label']
  return (
    <Input.Wrapper
      label={label}
      description={description}
      error={error}
      withAsterisk={required}
      labelElement="div"
    >
      <Stack gap={8} mt={4}>
        <Select
          aria-label={called ? `${called}: ${t.cronEvery}` : t.cronEvery}
          data={EVERY.map((one) => ({ value: one, label: t.every[one] }))}
          value={value === '' && !byHand ? null : guide.every}
          placeholder={t.choose}
          onChange={(every) => every && choose(every as Every)}
        />
        {guide.every === 'custom' ? (
          (value !== '' || byHand) && (
            <TextInput
              aria-label={t.cronRaw}
              description={t.cronRaw}
              value={value}
              onChange={(event) => onChange(event.currentTarget.value)}
              error={value && !words ? t.cronNot : undefined}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            />
          )
        ) : (
          <Steps guide={guide} onChange={(next) => onChange(cronOf(next))} />
        )}
        {words && (
          <Text size="xs" c="dimmed" aria-live="polite">
            {words}
          </Text>
        )}
      </Stack>
    </Input.Wrapper>
  )
}

function Steps({ guide, onChange }: { guide: Said; onChange: (guide: Said) => void }) {
  return (
    <Stack gap={8}>
      {guide.every === 'week' && (
        <Chip.Group
          multiple
          value={guide.days.map(String)}
          onChange={(days) => days.length > 0 && onChange({ ...guide, days: days.map(Number) })}
        >
          <Group gap={4} role="group" aria-label={t.onDays}>
            {WEEK.map((day) => (
              <Chip key={day} value={String(day)} size="xs">
                {dayName(day)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      )}
      <Group gap={8} align="flex-end" wrap="wrap">
        {guide.every === 'minutes' && (
          <Select
            label={t.everyMinutes}
            data={['5', '10', '15', '20', '30', String(guide.minutes)].filter(
              (one, at, all) => all.indexOf(one) === at,
            )}
            value={String(guide.minutes)}
            onChange={(next) => onChange({ ...guide, minutes: Number(next ?? 15) })}
            w={180}
          />
        )}
        {guide.every === 'year' && (
          <Select
            label={t.month}
            data={Array.from({ length: 12 }, (_none, at) => ({
              value: String(at + 1),
              label: monthName(at),
            }))}
            value={String(guide.month)}
            onChange={(next) => onChange({ ...guide, month: Number(next ?? 1) })}
            w={140}
          />
        )}
        {(guide.every === 'month' || guide.every === 'year') && (
          <NumberInput
            label={t.dayOfMonth}
            description={guide.day > 28 ? t.dayMissing : undefined}
            value={guide.day}
            min={1}
            max={31}
            allowDecimal={false}
            onChange={(next) =>
              typeof next === 'number' && next >= 1 && next <= 31 && onChange({ ...guide, day: next })
            }
            w={150}
          />
        )}
        {guide.every === 'hour' && (
          <NumberInput
            label={t.minute}
            value={guide.minute}
            min={0}
            max={59}
            allowDecimal={false}
            onChange={(next) =>
              typeof next === 'number' && next >= 0 && next <= 59 && onChange({ ...guide, minute: next })
            }
            w={150}
          />
        )}
        {'hour' in guide && (
          <TextInput
            type="time"
            label={t.at}
            value={`${two(guide.hour)}:${two(guide.minute)}`}
            onChange={(event) => {
              const [hour, minute] = event.currentTarget.value.split(':').map(Number)
              if (hour !== undefined && minute !== undefined) onChange({ ...guide, hour, minute })
            }}
            w={130}
          />
        )}
      </Group>
    </Stack>
  )
}

const WEEK = [1, 2, 3, 4, 5, 6, 0]

function two(number: number): string {
  return String(number).padStart(2, '0')
}

/** 4 January 1970 was a Sunday. */
function dayName(day: number): string {
  return new Intl.DateTimeFormat(format.locale, { weekday: 'short', timeZone: 'UTC' }).format(
    Date.UTC(1970, 0, 4 + day),
  )
}

function monthName(month: number): string {
  return new Intl.DateTimeFormat(format.locale, { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(1970, month, 15),
  )
}

function wordsOf(cron: string): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return undefined
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, throwExceptionOnParseError: true })
  } catch {
    return undefined
  }
}
