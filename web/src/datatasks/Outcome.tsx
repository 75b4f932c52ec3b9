import { Badge, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import type { ChangedRecord, DataTaskResult, FieldOut } from '../api'
import { RecordTitle } from '../records/fields/RecordTitle'
import { useModule } from '../records/model'
import { ShownValue } from '../runs/bulk/BeforeAfter'
import { format } from '../text'
import { dataTasks as t } from '../text/dataTasks'

const COLORS: Record<string, string> = { updated: 'blue', created: 'green', failed: 'red' }
const COUNTS = ['found', 'updated', 'created', 'unchanged', 'left_out', 'failed'] as const

/** What a task would do: how many records, and the first of them before and after. */
export function Outcome({ result }: { result: DataTaskResult }) {
  return (
    <Stack gap="sm" data-testid="data-task-outcome" role="status">
      <Group gap={6}>
        {COUNTS.filter((key) => key === 'found' || result[key] > 0).map((key) => (
          <Badge key={key} color={COLORS[key] ?? 'gray'} miw="max-content">
            {format.number(result[key])} {t.counts[key]}
          </Badge>
        ))}
      </Group>
      {result.tried !== null && (
        <Text size="sm" c="dimmed">
          {t.tried(format.number(result.tried), format.number(result.found))}
        </Text>
      )}
      {result.updated + result.created + result.failed === 0 && <Text size="sm">{t.nothing}</Text>}
      {result.failures.length > 0 && (
        <section>
          <Title order={2} mb={6}>
            {t.failures}
          </Title>
          {result.failures.map((one) => (
            <Text key={`${one.module} ${one.record}`} size="sm">
              <ToRecord module={one.module} record={one.record} />: {one.message}
            </Text>
          ))}
        </section>
      )}
      {result.examples.length > 0 && (
        <section>
          <Title order={2} mb={6}>
            {t.examples}
          </Title>
          <Stack gap={8}>
            {result.examples.map((one) => (
              <Example key={one.record} one={one} />
            ))}
          </Stack>
        </section>
      )}
    </Stack>
  )
}

function Example({ one }: { one: ChangedRecord }) {
  const module = useModule(one.module)
  const known = new Map(module?.fields.map((field) => [field.key, field]))
  const fields = Object.keys(one.after ?? {})
  return (
    <Paper className="surface" style={{ overflow: 'hidden' }}>
      <Group justify="space-between" px="xs" py={6}>
        {one.before ? <ToRecord module={one.module} record={one.record} /> : <Text size="sm">{t.isNew}</Text>}
      </Group>
      <Table fz="xs" verticalSpacing={4} horizontalSpacing="xs" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="32%">{t.field}</Table.Th>
            {one.before && <Table.Th>{t.before}</Table.Th>}
            <Table.Th>{t.after}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {fields.map((field) => (
            <Table.Tr key={field}>
              <Table.Td>{known.get(field)?.label ?? field}</Table.Td>
              {one.before && <Cell field={known.get(field)} value={one.before[field]} />}
              <Cell field={known.get(field)} value={one.after?.[field]} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

function Cell({ field, value }: { field: FieldOut | undefined; value: unknown }) {
  return (
    <Table.Td style={{ overflowWrap: 'anywhere' }} dir="auto">
      <ShownValue field={field} value={value} />
    </Table.Td>
  )
}

function ToRecord({ module, record }: { module: string; record: string }) {
  return (
    <Text size="sm" component="span">
      <RecordTitle module={module} id={record} link />
    </Text>
  )
}
