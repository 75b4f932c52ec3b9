import { Badge, Group, Paper, Stack, Table, Text } from '@mantine/core'
import type { FieldOut, TestedChange } from '../../api'
import { RecordTitle } from '../../records/fields/RecordTitle'
import { isEmpty, Value } from '../../records/fields/Value'
import { targetOf, useModule } from '../../records/model'
import { test as t } from '../../text/trust'
import classes from './test.module.css'

const KINDS = {
  created: { word: t.created, color: 'green' },
  updated: { word: t.changed, color: 'blue' },
  deleted: { word: t.removed, color: 'red' },
}

/** Every record that a block wrote, field by field: before and after. */
export function Changes({ changes }: { changes: TestedChange[] }) {
  return (
    <Stack gap={8}>
      {changes.map((change, index) => (
        <Change key={String(index)} change={change} />
      ))}
    </Stack>
  )
}

function Change({ change }: { change: TestedChange }) {
  const module = useModule(change.module)
  const kind = KINDS[change.operation]
  const isNew = change.operation === 'created'
  return (
    <Paper className="surface" data-testid="tested-change" style={{ overflow: 'hidden' }}>
      <Group justify="space-between" wrap="nowrap" gap="xs" px="xs" py={6}>
        <Text size="sm" fw={500} lineClamp={2}>
          {change.module_label}{' '}
          {isNew ? t.newRecord : <RecordTitle module={change.module} id={change.record_id} link />}
        </Text>
        <Badge color={kind.color} style={{ flex: 'none' }}>
          {kind.word}
        </Badge>
      </Group>
      {change.fields.length === 0 ? (
        <Text size="xs" c="dimmed" px="xs" pb={6}>
          {t.sameAsBefore}
        </Text>
      ) : (
        <Table fz="xs" verticalSpacing={4} horizontalSpacing="xs" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="32%">{t.field}</Table.Th>
              {!isNew && <Table.Th>{t.was}</Table.Th>}
              {change.operation !== 'deleted' && <Table.Th>{t.is}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {change.fields.map((one) => (
              <Line
                key={one.field}
                one={one}
                field={module?.fields.find((field) => field.key === one.field)}
                operation={change.operation}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}

interface LineProps {
  one: TestedChange['fields'][number]
  field: FieldOut | undefined
  operation: TestedChange['operation']
}

function Line({ one, field, operation }: LineProps) {
  return (
    <Table.Tr>
      <Table.Td className={classes.cell}>{one.label}</Table.Td>
      {operation !== 'created' && (
        <Table.Td className={classes.cell} dir="auto">
          <span className={operation === 'deleted' || isEmpty(one.before) ? undefined : classes.was}>
            <Shown field={field} value={one.before} />
          </span>
        </Table.Td>
      )}
      {operation !== 'deleted' && (
        <Table.Td className={classes.cell} dir="auto">
          <b style={{ fontWeight: 500 }}>
            <Shown field={field} value={one.after} />
          </b>
        </Table.Td>
      )}
    </Table.Tr>
  )
}

function Shown({ field, value }: { field: FieldOut | undefined; value: unknown }) {
  if (!field)
    return <>{isEmpty(value) ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)}</>
  const target = targetOf(field)
  if (target && !isEmpty(value) && (field.type === 'reference' || field.type === 'user'))
    return <RecordTitle module={target} id={String(value)} />
  return <Value field={field} value={value} plain />
}
