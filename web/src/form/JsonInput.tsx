import { JsonInput as MantineJsonInput } from '@mantine/core'
import { useState } from 'react'
import { form as t } from '../text/form'
import { useCalled } from './inline'
import { errorWithin, useSurroundings, type WidgetProps } from './surroundings'

/** Anything at all, as JSON: for what a schema says nothing more of. */
export function JsonInput({ value, onChange, label, description, required, path }: WidgetProps) {
  const { problems } = useSurroundings()
  const called = useCalled(label, description)
  const [draft, setDraft] = useState<string>()
  const written = draft ?? (value === undefined ? '' : JSON.stringify(value, null, 2))
  const parsed = parse(written)
  return (
    <MantineJsonInput
      {...called}
      withAsterisk={required}
      error={errorWithin(problems, path) ?? (parsed === WRONG ? t.jsonWrong : undefined)}
      placeholder={t.json}
      value={written}
      onChange={(next) => {
        setDraft(next)
        const read = parse(next)
        if (read !== WRONG) onChange(read)
      }}
      onBlur={() => parsed !== WRONG && setDraft(undefined)}
      autosize
      minRows={2}
      maxRows={14}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
    />
  )
}

const WRONG = Symbol('wrong')

function parse(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return WRONG
  }
}
