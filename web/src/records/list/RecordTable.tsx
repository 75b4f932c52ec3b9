import { Button, Center, Checkbox, VisuallyHidden } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useId, useRef, useState } from 'react'
import type { FieldOut, ModuleOut, RecordOut } from '../../api'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { isNumeric } from '../fields/Value'
import { choicesOf, type Titles } from '../model'
import classes from './RecordTable.module.css'
import { Row } from './Row'
import { useGrid } from './useGrid'
import type { Selection } from './useSelection'

interface Props {
  module: ModuleOut
  columns: FieldOut[]
  records: RecordOut[]
  titles: Titles
  sort: string[]
  onSort: (key: string) => void
  selection: Selection
  total: number | undefined
  more: { has: boolean; loading: boolean; load: () => void }
  /** Pixels of the page above and below the table. */
  around: number
}

const ROW = 37

/** Records as a table that one moves in by keyboard; only the rows in sight are drawn. */
export function RecordTable(props: Props) {
  const { module, columns, records, titles, selection, more } = props
  const scroller = useRef<HTMLDivElement>(null)
  const keys = useId()
  const rows = useVirtualizer({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialRect: { width: 1000, height: 700 },
  })
  const [editing, setEditing] = useState<string | null>(null)
  const grid = useGrid({
    module,
    records,
    columns,
    scroller,
    reveal: (index) => rows.scrollToIndex(index),
    onSelect: selection.toggle,
    onEdit: setEditing,
  })
  const drawn = rows.getVirtualItems()
  const last = drawn.at(-1)?.index ?? 0
  const { has, loading, load } = more
  useEffect(() => {
    if (has && !loading && last >= records.length - 15) load()
  }, [has, loading, load, last, records.length])
  const above = drawn[0]?.start ?? 0
  const below = rows.getTotalSize() - (drawn.at(-1)?.end ?? 0)
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      style={{ '--above': `${props.around}px` } as React.CSSProperties}
    >
      <VisuallyHidden id={keys}>{t.tableKeys}</VisuallyHidden>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table that one moves in
        role="grid"
        className={classes.table}
        aria-label={t.tableOf(module.label_plural)}
        aria-describedby={keys}
        aria-rowcount={props.total ?? -1}
        aria-multiselectable
        data-testid="record-table"
        onKeyDown={grid.onKeyDown}
        style={{ width: 40 + columns.reduce((sum, field) => sum + widthOf(field, module), 0) }}
      >
        <colgroup>
          <col style={{ width: 40 }} />
          {columns.map((field) => (
            <col key={field.key} style={{ width: widthOf(field, module) }} />
          ))}
        </colgroup>
        <Head {...props} />
        <tbody>
          {above > 0 && <Space height={above} />}
          {drawn.map(({ index }) => {
            const record = records[index]
            if (!record) return null
            return (
              <Row
                key={record.id}
                module={module}
                record={record}
                index={index}
                columns={columns}
                titles={titles}
                selected={selection.all || selection.ids.has(record.id)}
                onToggle={selection.toggle}
                active={grid.active.row === index ? grid.active.column : null}
                onActive={grid.setActive}
                editing={editing?.startsWith(`${record.id}\n`) ? (editing.split('\n')[1] ?? null) : null}
                onEdit={setEditing}
                onEdited={grid.focusAgain}
              />
            )
          })}
          {below > 0 && <Space height={below} />}
        </tbody>
      </table>
      {has && (
        <Center p="xs">
          <Button size="xs" variant="subtle" loading={loading} onClick={load}>
            {shared.common.more}
          </Button>
        </Center>
      )}
    </div>
  )
}

function Space({ height }: { height: number }) {
  return <tr aria-hidden style={{ height }} />
}

function Head({ module, columns, records, sort, onSort, selection }: Props) {
  const shown = records.length > 0 && records.every((record) => selection.ids.has(record.id))
  return (
    <thead className={classes.head}>
      <tr>
        <th className={classes.tick}>
          <Checkbox
            size="xs"
            aria-label={t.selectPage}
            checked={selection.all || shown}
            indeterminate={!selection.all && !shown && selection.ids.size > 0}
            onChange={() =>
              shown || selection.all ? selection.clear() : selection.set(records.map((record) => record.id))
            }
            styles={{ body: { justifyContent: 'center' } }}
          />
        </th>
        {columns.map((field) => (
          <Column key={field.key} module={module} field={field} sort={sort} onSort={onSort} />
        ))}
      </tr>
    </thead>
  )
}

interface ColumnProps {
  module: ModuleOut
  field: FieldOut
  sort: string[]
  onSort: (key: string) => void
}

const UNSORTED = new Set(['line_items', 'multi_select', 'rich_text'])

function Column({ module, field, sort, onSort }: ColumnProps) {
  const up = sort.includes(field.key)
  const down = sort.includes(`-${field.key}`)
  const name = (
    <span className={classes.name} title={field.label}>
      {field.label}
    </span>
  )
  const numeric =
    isNumeric(field) && field.key !== module.title_field ? { textAlign: 'end' as const } : undefined
  if (UNSORTED.has(field.type))
    return (
      <th style={numeric}>
        <span className={classes.sort}>{name}</span>
      </th>
    )
  return (
    <th aria-sort={up ? 'ascending' : down ? 'descending' : 'none'} style={numeric}>
      <button
        type="button"
        className={`mantine-focus-auto ${classes.sort}`}
        style={{ background: 'none', border: 0, color: 'inherit', cursor: 'pointer' }}
        onClick={() => onSort(field.key)}
        title={t.sortBy(field.label)}
      >
        {name}
        {up && <IconArrowUp size={14} aria-hidden style={{ flex: 'none' }} />}
        {down && <IconArrowDown size={14} aria-hidden style={{ flex: 'none' }} />}
      </button>
    </th>
  )
}

const WIDTHS: Record<string, number> = {
  integer: 110,
  decimal: 120,
  money: 130,
  boolean: 90,
  date: 130,
  datetime: 180,
  time: 90,
  select: 150,
  stage: 160,
  email: 220,
  url: 200,
  long_text: 260,
  rich_text: 260,
  auto_number: 130,
}

const SHORT_TITLES = new Set(['auto_number', 'integer'])

/** A choice is as wide as its longest word needs, within reason. */
function ofChoices(field: FieldOut): number {
  const longest = Math.max(0, ...choicesOf(field).map((choice) => choice.label.length))
  return Math.min(240, 56 + 7 * longest)
}

function widthOf(field: FieldOut, module: ModuleOut): number {
  const known = WIDTHS[field.type] ?? 180
  const usual = field.type === 'select' || field.type === 'stage' ? Math.max(known, ofChoices(field)) : known
  return field.key === module.title_field ? Math.max(usual, SHORT_TITLES.has(field.type) ? 130 : 240) : usual
}
