import { Stack, TextInput } from '@mantine/core'
import cronstrue from 'cronstrue'
import { form as t } from '../text/form'
import { NextTimes } from './schedule/NextTimes'
import type { InputProps } from './types'

/** A schedule written as five fields, said in words, with its next times. */
export function CronInput({
  value,
  onChange,
  required,
  timeZone,
  ...input
}: InputProps<string> & { timeZone: string | null }) {
  return (
    <Stack gap="sm">
      <TextInput
        {...input}
        withAsterisk={required}
        description={t.cronRaw}
        placeholder="0 8 * * 1-5"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <NextTimes
        cron={value || undefined}
        words={wordsOf(value)}
        timeZone={timeZone}
        quiet={Boolean(input.error)}
      />
    </Stack>
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
