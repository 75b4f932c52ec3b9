import type { FieldOut, ImportColumn, ImportPreview, Me, ModuleOut } from '../../api'
import { maySet, readableFields } from '../model'

/** What becomes of the columns of a file, by their place; a column that is not here is left out. */
export type Mapping = Record<number, ImportColumn>

const NOT_IMPORTED = new Set(['file', 'line_items', 'formula', 'auto_number'])

/** What the server thinks of a file's columns. */
export function suggested(preview: ImportPreview): Mapping {
  const found: Mapping = {}
  for (const { column, suggestion } of preview.columns)
    if (suggestion) found[column] = { ...suggestion, column }
  return found
}

/** The fields that a column may go into. */
export function importable(module: ModuleOut, me: Me): FieldOut[] {
  return readableFields(module, me).filter(
    (field) =>
      !NOT_IMPORTED.has(field.type) &&
      field.key !== module.parent_field &&
      (maySet(module, field, me, 'create') || maySet(module, field, me, 'update')),
  )
}

const NO_KEY = new Set(['multi_select', 'rich_text', 'line_items', 'file', 'formula'])

/** The fields by which records that are there can be found: those that a column goes into. */
export function possibleKeys(module: ModuleOut, mapping: Mapping): FieldOut[] {
  const mapped = new Set(Object.values(mapping).map((column) => column.field))
  return module.fields.filter((field) => mapped.has(field.key) && !NO_KEY.has(field.type))
}

/** Fields that a new record must have and no column goes into. */
export function missingFields(module: ModuleOut, mapping: Mapping, me: Me): FieldOut[] {
  const mapped = new Set(Object.values(mapping).map((column) => column.field))
  return module.fields.filter(
    (field) =>
      field.required &&
      !mapped.has(field.key) &&
      (field.options.default === undefined || field.options.default === null) &&
      !field.options.has_default &&
      maySet(module, field, me, 'create') &&
      field.key !== module.parent_field,
  )
}

/** The columns as the API takes them. */
export function columnsOf(mapping: Mapping): ImportColumn[] {
  return Object.values(mapping).sort((one, other) => one.column - other.column)
}

/** What has to be said about a column's cells, by the type of its field. */
export function questionsOf(field: FieldOut | undefined): {
  dates: boolean
  numbers: boolean
  names: boolean
} {
  const type = field?.type ?? ''
  return {
    dates: type === 'date' || type === 'datetime',
    numbers: type === 'decimal' || type === 'money' || type === 'integer',
    names: type === 'reference' || type === 'user',
  }
}
