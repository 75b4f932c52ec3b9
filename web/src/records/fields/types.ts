import type { FieldOut } from '../../api'

/** What an input for one field of a record takes. */
export interface FieldInputProps {
  field: FieldOut
  value: unknown
  onChange: (value: unknown) => void
  error?: string
  /** What names the record that a reference leads to. */
  title?: unknown
  disabled?: boolean
  /** In a table's cell: the label is only said, not shown. */
  bare?: boolean
  autoFocus?: boolean
  /** What the server fills in when it is left empty. */
  placeholder?: string
}
