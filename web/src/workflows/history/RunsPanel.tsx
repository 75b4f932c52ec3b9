import { Anchor, Skeleton, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listRunsOptions } from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { editor as t } from '../../text/editor'

/** The last runs of the open workflow. */
export function RunsPanel() {
  const { workflow } = useOpenWorkflow()
  const runs = useQuery(listRunsOptions({ query: { workflow: workflow.key, limit: 20 } }))
  if (runs.error) return <Problem error={runs.error} onRetry={() => runs.refetch()} />
  if (!runs.data) return <Skeleton h={80} m="sm" />
  if (runs.data.items.length === 0)
    return (
      <Text size="sm" c="dimmed" p="sm">
        {t.noRuns}
      </Text>
    )
  return (
    <Table aria-label={t.runs}>
      <Table.Tbody>
        {runs.data.items.map((run) => (
          <Table.Tr key={run.id}>
            <Table.Td w={130}>
              <Status of={run.status} />
            </Table.Td>
            <Table.Td>
              <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
                <When at={run.started_at} />
              </Anchor>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
