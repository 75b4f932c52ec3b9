import { Box, Group, Text } from '@mantine/core'
import type { ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { useRef } from 'react'
import { form as t } from '../../text/form'
import { SourceEditor } from '../code/SourceEditor'
import type { FormContext } from '../types'
import { VariablePicker } from '../VariablePicker'

interface Props {
  value: string
  onChange: (value: string) => void
  context: FormContext
  label: string
  invalid: boolean
}

/** The same mail as HTML, with a button to insert a variable. */
export function RichSource({ value, onChange, context, label, invalid }: Props) {
  const view = useRef<ReactCodeMirrorRef>(null)
  const insert = (written: string) => {
    const editor = view.current?.view
    if (!editor) return onChange(value + written)
    editor.dispatch(editor.state.replaceSelection(written))
    editor.focus()
  }
  return (
    <Box>
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {t.liquidHelp}
        </Text>
        <VariablePicker context={context} as="template" onPick={insert} into={label} />
      </Group>
      <SourceEditor ref={view} value={value} onChange={onChange} label={label} invalid={invalid} />
    </Box>
  )
}
