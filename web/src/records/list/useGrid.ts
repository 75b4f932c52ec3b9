import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import type { FieldOut, ModuleOut, RecordOut } from '../../api'
import { useMe } from '../../app/useMe'
import { maySet, pathOf } from '../model'

interface Wanted {
  module: ModuleOut
  records: RecordOut[]
  columns: FieldOut[]
  scroller: RefObject<HTMLDivElement | null>
  reveal: (row: number) => void
  onSelect: (id: string) => void
  onEdit: (cell: string | null) => void
}

export interface Place {
  row: number
  column: number
}

const NOT_IN_A_CELL = new Set(['line_items', 'rich_text', 'file'])

/** Whether a field can be changed right in the list. */
export function editableInCell(field: FieldOut): boolean {
  return !NOT_IN_A_CELL.has(field.type)
}

/** Moving in the table by keyboard: one cell at a time is in the tab order. */
export function useGrid({ module, records, columns, scroller, reveal, onSelect, onEdit }: Wanted) {
  const me = useMe()
  const navigate = useNavigate()
  const [active, setActive] = useState<Place>({ row: 0, column: 0 })
  const wanted = useRef(false)
  const focusAgain = useCallback(() => {
    wanted.current = true
    setActive((place) => ({ ...place }))
  }, [])
  useEffect(() => {
    if (!wanted.current) return
    wanted.current = false
    const frame = requestAnimationFrame(() => {
      const cell = scroller.current?.querySelector<HTMLElement>(
        `[data-cell="${active.row}:${active.column}"]`,
      )
      cell?.focus({ preventScroll: true })
      cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    })
    return () => cancelAnimationFrame(frame)
  }, [active, scroller])
  const move = (place: Place) => {
    const row = Math.min(Math.max(place.row, 0), records.length - 1)
    const column = Math.min(Math.max(place.column, 0), columns.length - 1)
    wanted.current = true
    reveal(row)
    setActive({ row, column })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement
    if (target.dataset.cell === undefined) return
    const record = records[active.row]
    const field = columns[active.column]
    if (!record || !field) return
    const { row, column } = active
    const steps: Record<string, Place> = {
      ArrowDown: { row: row + 1, column },
      ArrowUp: { row: row - 1, column },
      ArrowRight: { row, column: column + 1 },
      ArrowLeft: { row, column: column - 1 },
      PageDown: { row: row + 15, column },
      PageUp: { row: row - 15, column },
      Home: { row: event.ctrlKey ? 0 : row, column: 0 },
      End: { row: event.ctrlKey ? records.length - 1 : row, column: columns.length - 1 },
    }
    const step = steps[event.key]
    if (step) move(step)
    else if (event.key === ' ') onSelect(record.id)
    else if (event.key === 'Enter' || event.key === 'F2') {
      const edits =
        !event.ctrlKey &&
        (event.key === 'F2' || field.key !== module.title_field) &&
        editableInCell(field) &&
        maySet(module, field, me, 'update')
      if (edits) onEdit(`${record.id}\n${field.key}`)
      else if (event.key === 'Enter') navigate(pathOf(module.key, record.id))
    } else return
    event.preventDefault()
  }
  return { active, setActive, focusAgain, onKeyDown }
}
