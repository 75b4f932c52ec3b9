import { Anchor, Checkbox } from '@mantine/core'
import { memo } from 'react'
import { Link } from 'react-router'
import type { FieldOut, ModuleOut, RecordOut } from '../../api'
import { useMe } from '../../app/useMe'
import { records as t } from '../../text/records'
import { isEmpty, isNumeric, Value } from '../fields/Value'
import { maySet, pathOf, type Titles, titleOf } from '../model'
import { CellEditor } from './CellEditor'
import classes from './RecordTable.module.css'
import { editableInCell, type Place } from './useGrid'

interface Props {
  module: ModuleOut
  record: RecordOut
  index: number
  columns: FieldOut[]
  titles: Titles
  selected: boolean
  onToggle: (id: string) => void
  /** The column of the active cell, if it is in this row. */
  active: number | null
  onActive: (place: Place) => void
  /** The key of the field that is being edited, if one is. */
  editing: string | null
  onEdit: (cell: string | null) => void
  onEdited: () => void
}

/** One record in the table. */
export const Row = memo(function Row(props: Props) {
  const { module, record, index, columns, selected, onToggle } = props
  return (
    <tr
      className={classes.row}
      data-selected={selected || undefined}
      data-testid={`row-${record.id}`}
      aria-selected={selected}
      aria-rowindex={index + 2}
    >
      <td className={classes.tick}>
        <Checkbox
          size="xs"
          tabIndex={-1}
          checked={selected}
          onChange={() => onToggle(record.id)}
          aria-label={t.selectRow(titleOf(module, record))}
          styles={{ body: { justifyContent: 'center' } }}
        />
      </td>
      {columns.map((field, column) => (
        <Cell key={field.key} {...props} field={field} column={column} />
      ))}
    </tr>
  )
})

interface CellProps extends Props {
  field: FieldOut
  column: number
}

function Cell(props: CellProps) {
  const { module, record, field, index, column, titles, active, onActive, editing, onEdit, onEdited } = props
  const me = useMe()
  const value = record.values[field.key]
  const title = titles[field.key]?.[String(value)]
  const edits = editing === field.key
  return (
    <td
      tabIndex={active === column ? 0 : -1}
      data-cell={`${index}:${column}`}
      data-testid={`cell-${record.id}-${field.key}`}
      className={isNumeric(field) && field.key !== module.title_field ? classes.number : undefined}
      onFocus={() => active !== column && onActive({ row: index, column })}
      onDoubleClick={() => {
        if (editableInCell(field) && maySet(module, field, me, 'update')) onEdit(`${record.id}\n${field.key}`)
      }}
    >
      <div className={classes.cell} title={textOf(value)}>
        {field.key === module.title_field ? (
          <Anchor
            component={Link}
            to={pathOf(module.key, record.id)}
            inherit
            fw={600}
            tabIndex={-1}
            dir="auto"
          >
            {isEmpty(value) ? `#${record.id}` : <Value field={field} value={value} title={title} plain />}
          </Anchor>
        ) : (
          <Value field={field} value={value} title={title} inGrid />
        )}
      </div>
      {edits && (
        <CellEditor
          module={module}
          record={record}
          field={field}
          title={title}
          onClose={() => {
            onEdit(null)
            onEdited()
          }}
        />
      )}
    </td>
  )
}

/** Long text is cut in a cell, and whole on hovering. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 20 ? value : undefined
}
