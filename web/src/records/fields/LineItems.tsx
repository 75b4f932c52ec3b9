import { ActionIcon, Button, Group, ScrollArea, Table, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { FieldOut, FieldProblem, ModuleOut } from '../../api'
import { may, useMe } from '../../app/useMe'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { currencyOf, maySet, readableFields, useModule, type Values } from '../model'
import { FieldInput } from './FieldInput'
import { isNumeric, Value } from './Value'

interface Props {
  field: FieldOut
  value: unknown
  onChange: (lines: Values[]) => void
  /** What is wrong, by place: /lines/0/quantity. */
  problems?: FieldProblem[]
  disabled?: boolean
}

/** The line items of a record as a table that one types into, with sums below. */
export function LineItems({ field, value, onChange, problems = [], disabled = false }: Props) {
  const me = useMe()
  const key = typeof field.options.target === 'string' ? field.options.target : ''
  const child = useModule(key)
  const lines = Array.isArray(value) ? (value as Values[]) : []
  if (!child) return null
  const columns = lineColumns(child, readableFields(child, me))
  const open = !disabled && !child.read_only
  const change = (index: number, key: string, next: unknown) =>
    onChange(lines.map((line, place) => (place === index ? { ...line, [key]: next } : line)))
  const mistake = (index: number, key: string) =>
    problems.find((problem) => problem.path === `/${field.key}/${index}/${key}`)?.message
  return (
    <div>
      <Group justify="space-between" mb={6}>
        <Text component="h2" fw={600} size="sm" m={0}>
          {field.label}
        </Text>
        {open && may(me, 'create', child.key) && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...lines, {}])}
          >
            {t.addLine}
          </Button>
        )}
      </Group>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t.noLines}
        </Text>
      ) : (
        <ScrollArea>
          <Table layout="auto" highlightOnHover={false} miw={columns.length * 120} aria-label={field.label}>
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column.key} ta={isNumeric(column) ? 'right' : undefined}>
                    {column.label}
                  </Table.Th>
                ))}
                {open && <Table.Td w={40} />}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {lines.map((line, index) => (
                <Table.Tr key={String(line.id ?? `new-${index}`)} style={{ verticalAlign: 'top' }}>
                  {columns.map((column) => (
                    <Table.Td key={column.key} ta={isNumeric(column) ? 'right' : undefined}>
                      {open && maySet(child, column, me, line.id === undefined ? 'create' : 'update') ? (
                        <FieldInput
                          field={{ ...column, label: t.line(index + 1, column.label) }}
                          value={line[column.key]}
                          onChange={(next) => change(index, column.key, next)}
                          error={mistake(index, column.key)}
                          bare
                        />
                      ) : (
                        <Value field={column} value={line[column.key]} />
                      )}
                    </Table.Td>
                  ))}
                  {open && (
                    <Table.Td>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={t.removeLine(index + 1)}
                        onClick={() => onChange(lines.filter((_, place) => place !== index))}
                      >
                        <IconTrash size={15} />
                      </ActionIcon>
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
            <Sums columns={columns} lines={lines} open={open} />
          </Table>
        </ScrollArea>
      )}
    </div>
  )
}

/** What is shown of a line: not what every record has, not the way back, not its place. */
function lineColumns(child: ModuleOut, fields: FieldOut[]): FieldOut[] {
  return fields.filter(
    (field) => !field.system && field.key !== child.parent_field && field.key !== 'position',
  )
}

function Sums({ columns, lines, open }: { columns: FieldOut[]; lines: Values[]; open: boolean }) {
  const summed = columns.filter((column) => isNumeric(column) && column.key !== 'unit_price')
  if (summed.length === 0 || lines.length < 2) return null
  return (
    <Table.Tfoot>
      <Table.Tr>
        {columns.map((column, index) => (
          <Table.Td key={column.key} ta={isNumeric(column) ? 'right' : undefined} fw={600}>
            {summed.includes(column) ? sumOf(column, lines) : index === 0 ? t.sum : null}
          </Table.Td>
        ))}
        {open && <Table.Td />}
      </Table.Tr>
    </Table.Tfoot>
  )
}

function sumOf(column: FieldOut, lines: Values[]): string {
  const sum = addUp(lines.map((line) => line[column.key]))
  return column.type === 'money' ? format.money(sum, currencyOf(column)) : format.number(sum)
}

/** Decimal numbers added without rounding: 0.1 + 0.2 is 0.3. Text with every digit. */
export function addUp(values: unknown[]): string {
  const texts = values.map(String).filter((text) => /^-?\d+(\.\d+)?$/.test(text))
  const digits = Math.max(0, ...texts.map((text) => text.split('.')[1]?.length ?? 0))
  const whole = texts.reduce((sum, text) => {
    const [before = '0', after = ''] = text.split('.')
    return sum + BigInt(before + after.padEnd(digits, '0'))
  }, 0n)
  const sign = whole < 0n ? '-' : ''
  const padded = String(whole < 0n ? -whole : whole).padStart(digits + 1, '0')
  const place = padded.length - digits
  return digits === 0 ? sign + padded : `${sign}${padded.slice(0, place)}.${padded.slice(place)}`
}

/** Lines as the API takes them: the id of those that are there, and what may be set. */
export function linesToSend(
  lines: unknown,
  child: ModuleOut,
  settable: (field: FieldOut) => boolean,
): Values[] {
  const keys = lineColumns(child, child.fields)
    .filter(settable)
    .map((field) => field.key)
  return (Array.isArray(lines) ? (lines as Values[]) : []).map((line) => {
    const sent: Values = line.id === undefined ? {} : { id: line.id }
    for (const key of keys) if (key in line) sent[key] = line[key]
    return sent
  })
}
