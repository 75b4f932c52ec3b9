import '@mantine/tiptap/styles.css'
import { RichTextEditor } from '@mantine/tiptap'
import { useEditor } from '@tiptap/react'
import { useEffect, useRef } from 'react'
import { form as t } from '../../text/form'
import classes from '../form.module.css'
import { labelOfPath, type Modules } from '../names'
import type { FormContext } from '../types'
import { useModules } from '../useCatalogue'
import { VariablePicker } from '../VariablePicker'
import { extensions } from './extensions'
import { fromRich, toRich } from './liquid'
import { ImageControl, TableControl } from './RichControls'

interface Props {
  value: string
  onChange: (value: string) => void
  context: FormContext
  label: string
  invalid: boolean
}

/** A mail as it looks, with variables as chips. */
export function RichEditor({ value, onChange, context, label, invalid }: Props) {
  const modules = useModules()
  const written = useRef(value)
  const tell = useRef(onChange)
  tell.current = onChange
  const editor = useEditor({
    extensions: extensions((code) => labelOf(code, modules, context.module), classes.chip),
    content: toRich(value) ?? '',
    editorProps: { attributes: { 'aria-label': label, role: 'textbox', 'aria-multiline': 'true' } },
    shouldRerenderOnTransaction: true,
    onUpdate: ({ editor: one }) => {
      written.current = fromRich(one.getHTML())
      tell.current(written.current)
    },
  })
  useEffect(() => {
    if (!editor || value === written.current) return
    written.current = value
    editor.commands.setContent(toRich(value) ?? '', { emitUpdate: false })
  }, [editor, value])
  const insert = (code: string) => {
    // A loop is more than one name: its parts come in one after the other.
    editor
      ?.chain()
      .focus()
      .insertContent(toRich(code) ?? code)
      .run()
  }
  return (
    <RichTextEditor editor={editor} className={classes.rich} data-error={invalid || undefined}>
      <RichTextEditor.Toolbar px={6} py={4} className={classes.toolbar}>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Bold />
          <RichTextEditor.Italic />
          <RichTextEditor.Underline />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.H1 />
          <RichTextEditor.H2 />
          <RichTextEditor.BulletList />
          <RichTextEditor.OrderedList />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Link />
          <RichTextEditor.Unlink />
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          {editor && <TableControl editor={editor} />}
          {editor && <ImageControl editor={editor} />}
        </RichTextEditor.ControlsGroup>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Undo />
          <RichTextEditor.Redo />
        </RichTextEditor.ControlsGroup>
        <VariablePicker context={context} as="template" onPick={insert} into={label} />
      </RichTextEditor.Toolbar>
      <RichTextEditor.Content />
    </RichTextEditor>
  )
}

function labelOfName(name: string, modules: Modules, module: string | null): string {
  const [root = '', ...below] = name.split('.')
  if (root === 'record' && below.length > 0) return labelOfPath(modules, module, below.join('.'))
  if (root === 'organisation' && below[0]) return t.ofOrganisation(below[0].replaceAll('_', ' '))
  return below.length === 0 && (name === 'today' || name === 'now') ? t.named[name] : name
}

/** What a chip says: the name as people call it, filters after it as they are. */
function labelOf(code: string, modules: Modules, module: string | null): string {
  const inner = code.replace(/^\{[{%]-?\s*/, '').replace(/\s*-?[%}]\}$/, '')
  if (code.startsWith('{%')) return inner
  const [name = '', ...filters] = inner.split('|').map((one) => one.trim())
  return [labelOfName(name, modules, module), ...filters].join(' | ')
}
