import { useRef, useState } from 'react'
import { asProblem, type FieldOut, type ModuleOut, type RecordOut } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { records as t } from '../../text/records'
import { FieldInput } from '../fields/FieldInput'
import { same } from '../model'
import { ConflictDialog } from '../record/ConflictDialog'
import { type Conflict, useSave } from '../record/saving'
import classes from './RecordTable.module.css'

interface Props {
  module: ModuleOut
  record: RecordOut
  field: FieldOut
  title: unknown
  onClose: () => void
}

/** Chosen from a list, so that choosing is the end of it. */
const CHOSEN = new Set(['select', 'stage', 'boolean', 'reference', 'user'])

/** Changes one field of a record in its cell: Enter saves, Escape leaves it as it was. */
export function CellEditor({ module, record, field, title, onClose }: Props) {
  const before = record.values[field.key]
  const [value, setValue] = useState(before)
  const [error, setError] = useState<string>()
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const busy = useRef(false)
  const save = useSave(module)
  const send = async (base: RecordOut, next: unknown) => {
    if (same(next, base.values[field.key])) return onClose()
    if (busy.current) return
    busy.current = true
    try {
      const saved = await save(base, { [field.key]: next })
      if ('conflict' in saved) return setConflict(saved.conflict)
      sayDone(saved.merged ? t.merged : t.saved)
      onClose()
    } catch (problem) {
      const told = asProblem(problem).at(`/${field.key}`)
      setError(told)
      if (!told) {
        sayProblem(problem, t.notSaved)
        onClose()
      }
    } finally {
      busy.current = false
    }
  }
  if (conflict)
    return (
      <ConflictDialog
        module={module}
        conflict={conflict}
        onClose={onClose}
        onChosen={(edits) =>
          field.key in edits ? send(conflict.current, edits[field.key]).then(onClose) : onClose()
        }
      />
    )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that the input lets through end the editing
    <div
      className={classes.editor}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') onClose()
        const several = event.target instanceof HTMLTextAreaElement && !event.ctrlKey
        if (event.key === 'Enter' && !several && !CHOSEN.has(field.type)) {
          event.preventDefault()
          send(record, value)
        }
      }}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return
        if (CHOSEN.has(field.type) || error) onClose()
        else send(record, value)
      }}
    >
      <FieldInput
        field={field}
        value={value}
        onChange={(next) => {
          setValue(next)
          setError(undefined)
          if (CHOSEN.has(field.type)) send(record, next)
        }}
        error={error}
        title={title}
        bare
        autoFocus
      />
    </div>
  )
}
