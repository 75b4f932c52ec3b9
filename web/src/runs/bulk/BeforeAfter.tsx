import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { FieldOut } from '../../api'
import { RecordTitle } from '../../records/fields/RecordTitle'
import { isEmpty, Value } from '../../records/fields/Value'
import { pathOf, targetOf, useModule } from '../../records/model'
import { bulk as t } from '../../text/bulk'
import { errorOf } from '../words'
import classes from './bulk.module.css'

/** What became of one record of a bulk run. */
export interface Member {
  nr: number
  record: { id: string; title: string | null } | null
  run_id: number | null
  error?: unknown
  changes: readonly { field: string; label: string; before: unknown; after: unknown }[]
}

interface Props {
  members: readonly Member[]
  module: string | null
  label: string
}

/** Records with the fields that are different now, before and after; one line for each field. */
export function BeforeAfter({ members, module, label }: Props) {
  const known = useModule(module ?? '')
  const fields = new Map(known?.fields.map((field) => [field.key, field]))
  return (
    <Table.ScrollContainer minWidth={620} type="native">
      <Table
        aria-label={label}
        verticalSpacing={6}
        fz="sm"
        layout="fixed"
        highlightOnHover={false}
        data-testid="before-after"
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="24%">{t.record}</Table.Th>
            <Table.Th w="16%">{t.field}</Table.Th>
            <Table.Th>{t.before}</Table.Th>
            <Table.Th>{t.after}</Table.Th>
            <Table.Th w={128}>{t.theRun}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((member) => (
            <Rows key={member.nr} member={member} module={module} fields={fields} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

interface RowsProps {
  member: Member
  module: string | null
  fields: ReadonlyMap<string, FieldOut>
}

function Rows({ member, module, fields }: RowsProps) {
  const span = Math.max(1, member.changes.length)
  const [first, ...others] = member.changes
  return (
    <>
      <Table.Tr>
        <Table.Td rowSpan={span} className={classes.cell}>
          <MemberLink member={member} module={module} />
        </Table.Td>
        {first ? (
          <Cells one={first} field={fields.get(first.field)} />
        ) : (
          <Table.Td colSpan={3} c="dimmed">
            {errorOf(member.error)?.message || t.noChange}
          </Table.Td>
        )}
        <Table.Td rowSpan={span} className={classes.cell}>
          <RunLink id={member.run_id} />
        </Table.Td>
      </Table.Tr>
      {others.map((one) => (
        <Table.Tr key={one.field}>
          <Cells one={one} field={fields.get(one.field)} />
        </Table.Tr>
      ))}
    </>
  )
}

function Cells({ one, field }: { one: Member['changes'][number]; field: FieldOut | undefined }) {
  return (
    <>
      <Table.Td className={classes.cell}>{one.label}</Table.Td>
      <Table.Td className={classes.cell} dir="auto">
        <span className={isEmpty(one.before) ? undefined : classes.was}>
          <ShownValue field={field} value={one.before} />
        </span>
      </Table.Td>
      <Table.Td className={classes.cell} dir="auto">
        <b style={{ fontWeight: 500 }}>
          <ShownValue field={field} value={one.after} />
        </b>
      </Table.Td>
    </>
  )
}

/** A value as its field shows it; of a field that is gone or unknown, as it is. */
export function ShownValue({ field, value }: { field: FieldOut | undefined; value: unknown }) {
  if (!field)
    return <>{isEmpty(value) ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)}</>
  const target = targetOf(field)
  if (target && !isEmpty(value) && (field.type === 'reference' || field.type === 'user'))
    return <RecordTitle module={target} id={String(value)} />
  return <Value field={field} value={value} plain />
}

/** The record by its name; what is gone, or may not be known, has none. */
export function MemberLink({ member, module }: { member: Member; module: string | null }) {
  const { record } = member
  if (!record || !module)
    return (
      <Text size="sm" c="dimmed" component="span">
        {t.gone}
      </Text>
    )
  return (
    <Anchor component={Link} to={pathOf(module, record.id)} size="sm" dir="auto">
      {record.title || `#${record.id}`}
    </Anchor>
  )
}

/** The way to the run of one record. */
export function RunLink({ id }: { id: number | null }) {
  if (id === null) return <>–</>
  return (
    <Anchor component={Link} to={`/runs/${id}`} size="sm" style={{ whiteSpace: 'nowrap' }}>
      {t.runOf(id)}
    </Anchor>
  )
}
