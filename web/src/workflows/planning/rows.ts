import type { Cells, PlannedRow } from '../../api'

/** Rows that can become drafts and are chosen. */
export function readyRows(rows: PlannedRow[], left: ReadonlySet<number>): PlannedRow[] {
  return rows.filter((row) => row.workflow && !left.has(row.row))
}

/** The cells with a text in one of them. */
export function withCell(cells: Cells, column: string, text: string): Cells {
  return { ...cells, [column]: text }
}

/** The cells with everything that was suggested put in place; null when nothing was. */
export function withSuggestions(row: PlannedRow): Cells | null {
  const wanted = row.faults.filter((fault) => fault.instead !== null)
  if (wanted.length === 0) return null
  return wanted.reduce((cells, fault) => withCell(cells, fault.column, fault.instead ?? ''), row.cells)
}

/** How many suggestions could be used at once. */
export function suggestions(rows: PlannedRow[]): number {
  return rows.reduce((count, row) => count + row.faults.filter((fault) => fault.instead !== null).length, 0)
}

/** The rows with some looked at again; those keep their number in the file. */
export function replaced(rows: PlannedRow[], again: PlannedRow[]): PlannedRow[] {
  const byRow = new Map(again.map((row) => [row.row, row]))
  return rows.map((row) => byRow.get(row.row) ?? row)
}
