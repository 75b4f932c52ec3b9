import { Badge, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, type WhyOut } from '../../api'
import { Problem } from '../../parts/Problem'
import { RunsThen, WhyTree } from '../../records/record/WhyTree'
import { format } from '../../text'
import { why as t } from '../../text/trust'

interface Props {
  workflow: string
  module: string
  record: string
  /** About the latest change until then, not the latest of all. */
  at?: string
}

/** Everything that had to hold for a workflow to start on a record, in order, with what was seen. */
export function WhyAnswer({ workflow, module, record, at }: Props) {
  const found = useQuery({
    queryKey: ['why', workflow, module, record, at],
    queryFn: async ({ signal }) => {
      const body = { record_id: record, ...(at ? { at } : {}) }
      const asked = { path: { key: workflow }, body, signal, cache: 'no-store', throwOnError: true } as const
      return (await api.askWhy(asked)).data
    },
    staleTime: 0,
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={180} />
  return <Answer why={found.data} workflow={workflow} record={record} />
}

interface AnswerProps {
  why: WhyOut
  workflow: string
  record: string
}

function Answer({ why, workflow, record }: AnswerProps) {
  return (
    <Stack gap="sm" data-testid="why-answer">
      <Group gap="xs" align="flex-start" wrap="nowrap" justify="space-between">
        <Text fw={600} size="sm" role="status" style={{ overflowWrap: 'anywhere' }}>
          {why.verdict}
        </Text>
        <Badge color={why.ran ? 'green' : 'gray'} style={{ flex: 'none' }}>
          {why.ran ? t.ran : t.notRan}
        </Badge>
      </Group>
      <Text size="xs" c="dimmed">
        {why.change ? t.change(changed(why.change), format.dateTime(why.change.at)) : t.noChange}
      </Text>
      <WhyTree checks={why.checks} workflow={workflow} record={record} />
      {why.runs.length > 0 && (
        <div>
          <Text size="xs" fw={600} c="dimmed" mb={4}>
            {t.runs}
          </Text>
          <RunsThen runs={why.runs} />
        </div>
      )}
    </Stack>
  )
}

function changed({ operation, fields }: NonNullable<WhyOut['change']>): string {
  const what = t.operations[operation]
  return operation === 'updated' && fields.length > 0 ? `${what} (${fields.join(', ')})` : what
}
