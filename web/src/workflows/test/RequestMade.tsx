import { Code, Group, Paper, Table, Text } from '@mantine/core'
import { connections as t } from '../../text/connections'

/** What a request would say. */
export interface Request {
  method: string
  url: string
  headers: Record<string, string>
  body?: unknown
}

/** The request in what a block was given; null where it makes none. */
export function requestIn(input: unknown): Request | null {
  const found = input as Partial<Request> | null
  const whole = typeof found?.method === 'string' && typeof found.url === 'string'
  return whole ? { ...(found as Request), headers: found.headers ?? {} } : null
}

/** A request as it would be made, secrets as dots. */
export function RequestMade({ request }: { request: Request }) {
  const headers = Object.entries(request.headers)
  return (
    <Paper className="surface" p="xs" data-testid="tested-request">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Code fw={600}>{request.method}</Code>
        <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {request.url}
        </Text>
      </Group>
      {headers.length > 0 && (
        <Table fz="xs" verticalSpacing={2} mt={6} layout="fixed" aria-label={t.header}>
          <Table.Tbody>
            {headers.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Td w="34%" style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {request.body !== undefined && request.body !== '' && (
        <Code
          block
          fz={11}
          mt={6}
          aria-label={t.body}
          style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
        >
          {typeof request.body === 'string' ? request.body : JSON.stringify(request.body, null, 1)}
        </Code>
      )}
    </Paper>
  )
}
