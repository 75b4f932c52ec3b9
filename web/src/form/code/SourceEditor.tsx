import { EditorView } from '@codemirror/view'
import CodeMirror, { type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { type Ref, useMemo } from 'react'
import classes from '../form.module.css'
import { htmlLanguage } from './languages'
import { look } from './look'
import { SETUP } from './setup'

interface Props {
  value: string
  onChange: (value: string) => void
  label: string
  invalid?: boolean
  ref?: Ref<ReactCodeMirrorRef>
}

/** HTML with variables, exactly as it is written. */
export function SourceEditor({ value, onChange, label, invalid, ref }: Props) {
  const extensions = useMemo(
    () => [
      htmlLanguage,
      ...look,
      EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
    ],
    [label],
  )
  return (
    <div className={classes.code} data-error={invalid || undefined}>
      <CodeMirror
        ref={ref}
        value={value}
        onChange={onChange}
        extensions={extensions}
        basicSetup={SETUP}
        indentWithTab={false}
        theme="none"
        minHeight="160px"
        maxHeight="420px"
      />
    </div>
  )
}
