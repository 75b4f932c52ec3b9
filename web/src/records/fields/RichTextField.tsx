import '@mantine/tiptap/styles.css'
import { Input } from '@mantine/core'
import { Link as RichLink, RichTextEditor } from '@mantine/tiptap'
import { useEditor } from '@tiptap/react'
import StarterKit from '@tiptap/starter-kit'
import { useEffect, useRef } from 'react'
import type { FieldInputProps } from './types'

/** Formatted text. The server takes out everything that could run; the editor knows only what it draws. */
export function RichTextField({ field, value, onChange, error, disabled, bare }: FieldInputProps) {
  const html = typeof value === 'string' ? value : ''
  const last = useRef(html)
  const change = useRef(onChange)
  change.current = onChange
  const editor = useEditor({
    extensions: [StarterKit.configure({ link: false }), RichLink.configure({ protocols: ['mailto'] })],
    content: html,
    editable: !disabled,
    shouldRerenderOnTransaction: true,
    editorProps: { attributes: { 'aria-label': field.label, role: 'textbox', 'aria-multiline': 'true' } },
    onUpdate: ({ editor: now }) => {
      last.current = now.isEmpty ? '' : now.getHTML()
      change.current(last.current || null)
    },
  })
  useEffect(() => {
    if (html === last.current) return
    last.current = html
    editor?.commands.setContent(html, { emitUpdate: false })
  }, [html, editor])
  useEffect(() => {
    editor?.setEditable(!disabled, false) // and no update: nobody wrote anything
  }, [editor, disabled])
  return (
    <Input.Wrapper
      label={bare ? undefined : field.label}
      description={field.description || undefined}
      error={error}
      labelElement="div"
      withAsterisk={field.required && !bare}
    >
      <RichTextEditor editor={editor}>
        {!disabled && (
          <RichTextEditor.Toolbar>
            <RichTextEditor.ControlsGroup>
              <RichTextEditor.Bold />
              <RichTextEditor.Italic />
              <RichTextEditor.Underline />
              <RichTextEditor.ClearFormatting />
            </RichTextEditor.ControlsGroup>
            <RichTextEditor.ControlsGroup>
              <RichTextEditor.H2 />
              <RichTextEditor.H3 />
              <RichTextEditor.BulletList />
              <RichTextEditor.OrderedList />
              <RichTextEditor.Blockquote />
            </RichTextEditor.ControlsGroup>
            <RichTextEditor.ControlsGroup>
              <RichTextEditor.Link />
              <RichTextEditor.Unlink />
            </RichTextEditor.ControlsGroup>
          </RichTextEditor.Toolbar>
        )}
        <RichTextEditor.Content dir="auto" mih={90} />
      </RichTextEditor>
    </Input.Wrapper>
  )
}
