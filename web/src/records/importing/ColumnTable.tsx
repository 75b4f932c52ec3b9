import { Badge, Group, Paper, Select, Table, Text } from '@mantine/core'
import type { ImportColumn, ImportPreview, ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { records as t } from '../../text/records'
import { targetOf, useModules } from '../model'
import { importable, type Mapping, questionsOf } from './mapping'

interface Props {
  module: ModuleOut
  preview: ImportPreview
  mapping: Mapping
  onChange: (mapping: Mapping) => void
}

/** Each column of the file: what is in it, which field it goes into, and how its cells are read. */
export function ColumnTable({ module, preview, mapping, onChange }: Props) {
  const set = (column: number, next: ImportColumn | null) => {
    const { [column]: _, ...rest } = mapping
    onChange(next ? { ...rest, [column]: next } : rest)
  }
  return (
    <Paper className="surface" style={{ overflowX: 'auto' }}>
      <Table miw={760} aria-label={t.importMapping}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="34%">{t.importColumn}</Table.Th>
            <Table.Th w="30%">{t.importField}</Table.Th>
            <Table.Th>{t.importHow}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {preview.columns.map((column) => (
            <Column
              key={column.column}
              module={module}
              column={column}
              mapping={mapping}
              onChange={(next) => set(column.column, next)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

interface ColumnProps {
  module: ModuleOut
  column: ImportPreview['columns'][number]
  mapping: Mapping
  onChange: (next: ImportColumn | null) => void
}

function Column({ module, column, mapping, onChange }: ColumnProps) {
  const me = useMe()
  const mine = mapping[column.column]
  const taken = new Set(Object.values(mapping).map((one) => one.field))
  const fields = importable(module, me).filter((field) => field.key === mine?.field || !taken.has(field.key))
  const known = fields.map((field) => ({
    value: field.key,
    label: field.required ? `${field.label} *` : field.label,
  }))
  const withId = mine?.field === 'id' || !taken.has('id')
  const ids = withId && !known.some((one) => one.value === 'id') ? [{ value: 'id', label: t.importId }] : []
  const name = column.header || t.importNoHeader(column.column + 1)
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }} dir="auto">
          {name}
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }} dir="auto">
          {column.samples.slice(0, 4).join(' · ')}
        </Text>
      </Table.Td>
      <Table.Td>
        <Select
          size="xs"
          aria-label={t.importFieldOf(name)}
          placeholder={t.importNot}
          data={[...known, ...ids]}
          value={mine?.field ?? null}
          onChange={(field) => onChange(field ? { column: column.column, field } : null)}
          clearable
          searchable
          nothingFoundMessage={t.nothingFound}
        />
      </Table.Td>
      <Table.Td>
        {mine ? (
          <Questions module={module} name={name} column={mine} onChange={onChange} />
        ) : (
          <Badge color="yellow" c="var(--mantine-color-text)">
            {t.importNot}
          </Badge>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

const DATES = [
  { value: 'ymd', label: t.importYmd },
  { value: 'dmy', label: t.importDmy },
  { value: 'mdy', label: t.importMdy },
]
const DECIMALS = [
  { value: 'point', label: t.importPoint },
  { value: 'comma', label: t.importDecimalComma },
]

interface QuestionsProps {
  module: ModuleOut
  name: string
  column: ImportColumn
  onChange: (next: ImportColumn) => void
}

function Questions({ module, name, column, onChange }: QuestionsProps) {
  const modules = useModules()
  const field = module.fields.find((one) => one.key === column.field)
  const asked = questionsOf(field)
  const target = field ? modules.data?.items.find((one) => one.key === targetOf(field)) : undefined
  const title = target?.fields.find((one) => one.key === target.title_field)?.label ?? t.importTitleField
  const ways =
    field?.type === 'user'
      ? [
          { value: '', label: t.importByName },
          { value: 'email', label: t.importByEmail },
        ]
      : [
          { value: '', label: t.importBy(title) },
          ...(target?.fields ?? [])
            .filter((one) => one.unique || one.type === 'email' || target?.key_columns.includes(one.key))
            .filter((one) => one.key !== target?.title_field)
            .map((one) => ({ value: one.key, label: t.importBy(one.label) })),
        ]
  return (
    <Group gap="xs">
      {asked.dates && (
        <Select
          size="xs"
          w={190}
          aria-label={t.importDatesOf(name)}
          data={DATES}
          value={column.date_format ?? 'ymd'}
          onChange={(value) => onChange({ ...column, date_format: value as ImportColumn['date_format'] })}
        />
      )}
      {asked.numbers && field?.type !== 'integer' && (
        <Select
          size="xs"
          w={190}
          aria-label={t.importNumbersOf(name)}
          data={DECIMALS}
          value={column.decimal ?? 'point'}
          onChange={(value) => onChange({ ...column, decimal: value === 'comma' ? 'comma' : 'point' })}
        />
      )}
      {asked.names && (
        <Select
          size="xs"
          w={230}
          aria-label={t.importNamesOf(name)}
          data={ways}
          value={column.lookup_by ?? ''}
          onChange={(value) => onChange({ ...column, lookup_by: value || null })}
        />
      )}
    </Group>
  )
}
