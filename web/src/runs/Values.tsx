import { Code, Table, Text } from '@mantine/core'
import { format, t } from '../text'

/** What went into a block or came out of it: names and values, nested ones as they are stored. */
export function Values({ title, value }: { title: string; value: unknown }) {
  if (value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0))
    return null
  return (
    <div>
      <Text size="xs" fw={600} mb={2}>
        {title}
      </Text>
      {isObject(value) ? (
        <Table withTableBorder verticalSpacing={3} fz="xs" layout="fixed">
          <Table.Tbody>
            {Object.entries(value).map(([name, one]) => (
              <Table.Tr key={name}>
                <Table.Td w="34%" style={{ verticalAlign: 'top', wordBreak: 'break-word' }}>
                  {name}
                </Table.Td>
                <Table.Td style={{ wordBreak: 'break-word' }}>
                  <One value={one} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : (
        <One value={value} />
      )}
    </div>
  )
}

function One({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '')
    return (
      <Text span c="dimmed" fz="xs">
        {t.common.nothing}
      </Text>
    )
  if (typeof value === 'boolean') return <>{value ? t.common.yes : t.common.no}</>
  if (typeof value === 'number') return <>{format.number(value)}</>
  if (typeof value === 'string' && MOMENT.test(value))
    return (
      <time dateTime={value} title={value}>
        {format.dateTime(value)}
      </time>
    )
  if (typeof value === 'string') return <span style={{ whiteSpace: 'pre-wrap' }}>{value}</span>
  return (
    <Code block fz={11}>
      {JSON.stringify(value, null, 1)}
    </Code>
  )
}

/** A whole moment with its offset; a date or a text that begins like one is shown as it is. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
