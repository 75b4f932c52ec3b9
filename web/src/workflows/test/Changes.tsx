import { Badge, Group, Paper, Stack, Table, Text } from '@mantine/core'
import type { FieldOut, TestedChange } from '../../api'
import { RecordTitle } from '../../records/fields/RecordTitle'
import { isEmpty, Value } from '../../records/fields/Value'
import { targetOf, useModule } from '../../records/model'
import { test as t } from '../../text/trust'
import classes from './test.module.css'

type Made = ReadonlySet<string>

const KINDS = {
  created: { word: t.created, color: 'green' },
  updated: { word: t.changed, color: 'blue' },
  deleted: { word: t.removed, color: 'red' },
}

/** Every record that a block wrote, field by field: before and after. */
export function Changes({ changes, made }: { changes: TestedChange[]; made: Made }) {
  return (
    <Stack gap={8}>
      {changes.map((change, index) => (
        <Change key={String(index)} change={change} made={made} />
      ))}
    </Stack>
  )
}

function Change({ change, made }: { change: TestedChange; made: Made }) {
  const module = useModule(change.module)
  const kind = KINDS[change.operation]
  const isNew = change.operation === 'created'
  return (
    <Paper className="surface" data-testid="tested-change" style={{ overflow: 'hidden' }}>
      <Group justify="space-between" wrap="nowrap" gap="xs" px="xs" py={6}>
        <Text size="sm" fw={500} lineClamp={2}>
          {change.module_label}{' '}
          {isNew ? t.newRecord : <Named module={change.module} id={change.record_id} made={made} link />}
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
                made={made}
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
  made: Made
}

function Line({ one, field, operation, made }: LineProps) {
  return (
    <Table.Tr>
      <Table.Td className={classes.cell}>{one.label}</Table.Td>
      {operation !== 'created' && (
        <Table.Td className={classes.cell} dir="auto">
          <span className={operation === 'deleted' || isEmpty(one.before) ? undefined : classes.was}>
            <Shown field={field} value={one.before} made={made} />
          </span>
        </Table.Td>
      )}
      {operation !== 'deleted' && (
        <Table.Td className={classes.cell} dir="auto">
          <b style={{ fontWeight: 500 }}>
            <Shown field={field} value={one.after} made={made} />
          </b>
        </Table.Td>
      )}
    </Table.Tr>
  )
}

function Shown({ field, value, made }: { field: FieldOut | undefined; value: unknown; made: Made }) {
  if (!field)
    return <>{isEmpty(value) ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)}</>
  const target = targetOf(field)
  if (target && !isEmpty(value) && (field.type === 'reference' || field.type === 'user'))
    return <Named module={target} id={String(value)} made={made} />
  return <Value field={field} value={value} plain />
}

interface NamedProps {
  module: string
  id: string
  made: Made
  link?: boolean
}

/** A record by its name; one that was there for the test alone has none to ask for. */
function Named({ module, id, made, link }: NamedProps) {
  return made.has(`${module}/${id}`) ? t.ofTest : <RecordTitle module={module} id={id} link={link} />
}
