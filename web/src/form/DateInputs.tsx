import '@mantine/dates/styles.css'
import { DateInput, DateTimePicker } from '@mantine/dates'
import dayjs from 'dayjs'
import timezone from 'dayjs/plugin/timezone'
import utc from 'dayjs/plugin/utc'
import { format } from '../text'
import { form as t } from '../text/form'
import type { InputProps } from './types'

dayjs.extend(utc)
dayjs.extend(timezone)

const LOOK = 'D MMM YYYY'

/** A day, typed or chosen: "2026-11-22". */
export function DayInput({
  value,
  onChange,
  required,
  ...input
}: InputProps<string> & { onChange: (value: string | null) => void }) {
  return (
    <DateInput
      {...input}
      withAsterisk={required}
      value={value || null}
      onChange={(day) => onChange(day || null)}
      valueFormat={LOOK}
      clearable={!required}
      clearButtonProps={{ 'aria-label': t.clear }}
      placeholder={t.choose}
    />
  )
}

/** A moment in the person's own time zone, kept with its zone: "2026-11-22T14:30:00Z". */
export function MomentTextInput({
  value,
  onChange,
  required,
  ...input
}: InputProps<string> & { onChange: (value: string | null) => void }) {
  return (
    <DateTimePicker
      {...input}
      withAsterisk={required}
      value={wallOf(value)}
      onChange={(wall) => onChange(wall ? momentOfWall(wall) : null)}
      valueFormat={`${LOOK}, HH:mm`}
      clearable={!required}
      clearButtonProps={{ 'aria-label': t.clear }}
      placeholder={t.choose}
    />
  )
}

function wallOf(moment: string): string | null {
  const at = dayjs(moment)
  return moment && at.isValid() ? at.tz(format.timeZone).format('YYYY-MM-DD HH:mm:ss') : null
}

function momentOfWall(wall: string): string {
  return dayjs.tz(wall, format.timeZone).toISOString()
}
