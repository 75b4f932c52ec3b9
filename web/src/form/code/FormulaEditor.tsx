import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete'
import { EditorView, keymap } from '@codemirror/view'
import { Box, Group, Text } from '@mantine/core'
import CodeMirror, { type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { type ReactNode, useMemo, useRef } from 'react'
import type { FunctionOut } from '../../api'
import { form as t } from '../../text/form'
import classes from '../form.module.css'
import { type Modules, type Name, namesOf } from '../names'
import type { FormContext } from '../types'
import { useCatalogue, useModules } from '../useCatalogue'
import { useNames } from '../useNames'
import { formulaLanguage } from './languages'
import { look } from './look'
import { type Known, useFormulaCheck } from './useFormulaCheck'

interface Props {
  value: string
  onChange: (value: string) => void
  context: FormContext
  label: string
  invalid: boolean
  /** What stands at the right; it may write something where the cursor is. */
  beside: (insert: (written: string) => void) => ReactNode
}

/** A formula with colours, completion of fields and functions, and its mistakes said below it. */
export function FormulaEditor({ value, onChange, context, label, invalid, beside }: Props) {
  const view = useRef<ReactCodeMirrorRef>(null)
  const functions = useCatalogue()?.functions
  const modules = useModules()
  const { names } = useNames(context, '', Boolean(context.document && context.node))
  const known = useFormulaCheck(context, value)
  const extensions = useMemo(
    () => [
      formulaLanguage,
      ...look,
      autocompletion({ override: [complete(functions ?? [], names, modules, context.module)] }),
      keymap.of(completionKeymap),
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true', spellcheck: 'false' }),
    ],
    [functions, names, modules, context.module, label],
  )
  const insert = (written: string) => {
    const editor = view.current?.view
    if (!editor) return onChange(value + written)
    editor.dispatch(editor.state.replaceSelection(written))
    editor.focus()
  }
  const wrong = invalid || known.problems.length > 0
  return (
    <div>
      <Group
        gap={2}
        align="flex-start"
        wrap="nowrap"
        className={classes.code}
        data-error={wrong || undefined}
      >
        <Box flex={1} miw={0}>
          <CodeMirror
            ref={view}
            value={value}
            onChange={onChange}
            extensions={extensions}
            basicSetup={SETUP}
            indentWithTab={false}
            theme="none"
            placeholder={t.formulaPlaceholder}
          />
        </Box>
        <Box pt={3} pr={3}>
          {beside(insert)}
        </Box>
      </Group>
      <Verdict known={known} empty={value === ''} />
    </div>
  )
}

const SETUP = {
  lineNumbers: false,
  foldGutter: false,
  highlightActiveLine: false,
  highlightActiveLineGutter: false,
  autocompletion: false,
  searchKeymap: false,
  lintKeymap: false,
  highlightSelectionMatches: false,
}

function Verdict({ known, empty }: { known: Known; empty: boolean }) {
  const [first] = known.problems
  if (first)
    return (
      <Text size="xs" c="var(--mantine-color-error)" mt={3}>
        {[first.message, first.suggestion].filter(Boolean).join(' ')}
      </Text>
    )
  return (
    <Text size="xs" c="dimmed" mt={3}>
      {empty ? t.formulaHelp : known.says}
    </Text>
  )
}

/** Functions and names that begin as what is typed; after a dot, the fields of the linked record. */
function complete(functions: FunctionOut[], names: Name[], modules: Modules, module: string | null) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_.]*/u)
    if (!word && !context.explicit) return null
    const typed = word?.text ?? ''
    const dot = typed.lastIndexOf('.')
    const level = dot > 0 ? levelBelow(modules, module, typed.slice(0, dot), names) : names
    const options = level.flatMap((one) =>
      one.formula === null || one.formula.includes('(')
        ? []
        : [{ label: one.formula, detail: one.label, type: 'variable', boost: 2 }],
    )
    const called = functions.map((one) => ({
      label: one.name,
      apply: one.takes === '' || one.takes === '()' ? `${one.name}()` : `${one.name}(`,
      detail: one.takes,
      info: `${one.doc}\n${one.example}`,
      type: 'function',
    }))
    return {
      from: word?.from ?? context.pos,
      options: dot > 0 ? options : [...options, ...called],
      validFor: /^[\p{L}\p{N}_]*$/u,
    }
  }
}

function levelBelow(modules: Modules, module: string | null, path: string, names: Name[]): Name[] {
  const own = namesOf(modules, module, path)
  return own.length > 0 ? own : names.filter((one) => one.formula?.startsWith(`${path}.`))
}
