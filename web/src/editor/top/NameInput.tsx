import { UnstyledButton } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { useEditor, useEditorState } from '../store'

/** The workflow's name, changed where it stands: Enter keeps it, Escape does not. */
export function NameInput() {
  const editor = useEditor()
  const name = useEditorState((state) => state.draft.name)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const [editing, setEditing] = useState<string | null>(null)
  const element = useRef<HTMLInputElement>(null)
  const isEditing = editing !== null
  useEffect(() => {
    if (isEditing) element.current?.select()
  }, [isEditing])
  const keep = () => {
    if (editing?.trim()) editor.say({ name: editing.trim() })
    setEditing(null)
  }
  if (editing === null)
    return (
      <h1 className={classes.name}>
        <UnstyledButton
          className={classes.nameButton}
          disabled={readOnly}
          onClick={() => setEditing(name)}
          title={readOnly ? name : t.rename(name)}
          data-testid="workflow-name"
        >
          {name.trim() || t.nameMissing}
        </UnstyledButton>
      </h1>
    )
  return (
    <input
      ref={element}
      className={classes.nameInput}
      aria-label={t.name}
      maxLength={200}
      value={editing}
      onChange={(event) => setEditing(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter') keep()
        else if (event.key === 'Escape') setEditing(null)
        else return
        event.stopPropagation()
      }}
    />
  )
}
