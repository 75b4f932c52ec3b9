import { Text, Textarea, TextInput } from '@mantine/core'
import { useRef } from 'react'
import { form as t } from '../text/form'
import type { FormContext, InputProps } from './types'
import { usePreview } from './usePreview'
import { VariablePicker } from './VariablePicker'

interface Props extends InputProps<string> {
  context: FormContext
  /** Several lines. */
  long?: boolean
}

/** Plain text with {{ variables }}: a button to insert one, and how it reads for the chosen record. */
export function TemplateInput({ context, long = false, value, onChange, required, label, ...input }: Props) {
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null)
  const insert = (written: string) => {
    const at = field.current?.selectionStart ?? value.length
    const end = field.current?.selectionEnd ?? at
    onChange(value.slice(0, at) + written + value.slice(end))
    requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.setSelectionRange(at + written.length, at + written.length)
    })
  }
  const shared = {
    ...input,
    label,
    value,
    ref: field,
    withAsterisk: required,
    rightSection: (
      <VariablePicker context={context} as="template" onPick={insert} into={label ?? input['aria-label']} />
    ),
  }
  return (
    <div>
      {long ? (
        <Textarea
          {...shared}
          autosize
          minRows={3}
          maxRows={16}
          rightSectionProps={{ style: { alignItems: 'flex-start', paddingTop: 3 } }}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <TextInput {...shared} onChange={(event) => onChange(event.currentTarget.value)} />
      )}
      <TemplatePreview context={context} value={value} told={Boolean(input.error)} />
    </div>
  )
}

interface PreviewProps {
  context: FormContext
  value: string
  /** What is wrong is said already. */
  told: boolean
}

/** One dimmed line: how it reads, or what is wrong with it. Nothing for a text without variables. */
function TemplatePreview({ context, value, told }: PreviewProps) {
  const dynamic = /\{\{|\{%/.test(value)
  const { rendered, problems } = usePreview(context, dynamic ? { text: value } : null)
  const [first] = problems
  return (
    <Text
      size="xs"
      c={first ? 'var(--mantine-color-error)' : 'dimmed'}
      mt={dynamic ? 3 : 0}
      lineClamp={4}
      style={{ whiteSpace: 'pre-line' }}
    >
      {first && !told && [first.message, first.suggestion].filter(Boolean).join(' ')}
      {!first && rendered !== undefined && `${t.reads}: ${rendered || t.previewEmpty}`}
    </Text>
  )
}
