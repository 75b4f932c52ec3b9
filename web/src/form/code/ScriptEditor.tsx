import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete'
import { EditorView, keymap } from '@codemirror/view'
import CodeMirror from '@uiw/react-codemirror'
import { useMemo } from 'react'
import classes from '../form.module.css'
import { javascript } from './javascript'
import { look } from './look'
import { SETUP } from './setup'

interface Props {
  value: string
  onChange: (value: string) => void
  label: string
  invalid: boolean
  placeholder: string
  /** What the script can read as input.name. */
  inputs: string[]
}

/** A script with colours, line numbers, and the names of what goes in. Tab leads on, as in every form. */
export function ScriptEditor({ value, onChange, label, invalid, placeholder, inputs }: Props) {
  const names = inputs.join(' ')
  const extensions = useMemo(
    () => [
      javascript,
      ...look,
      autocompletion({ override: [complete(names.split(' ').filter(Boolean))] }),
      keymap.of(completionKeymap),
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true', spellcheck: 'false' }),
    ],
    [label, names],
  )
  return (
    <div className={classes.code} data-error={invalid || undefined}>
      <CodeMirror
        value={value}
        onChange={onChange}
        extensions={extensions}
        basicSetup={SETUP}
        indentWithTab={false}
        theme="none"
        placeholder={placeholder}
        minHeight="180px"
        maxHeight="520px"
      />
    </div>
  )
}

/** After "input.", what goes in. */
function complete(inputs: string[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/input\.\w*/)
    if (!word) return null
    return {
      from: word.from + 'input.'.length,
      options: inputs.map((label) => ({ label, type: 'variable' })),
      validFor: /^\w*$/,
    }
  }
}
