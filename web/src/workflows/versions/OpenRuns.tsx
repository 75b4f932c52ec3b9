import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { countPathsOptions } from '../../api'
import { versions as t } from '../../text/trust'

const OPEN = ['queued', 'running', 'waiting', 'held']

/** How many runs have not finished on a version. */
export function OpenRuns({ workflow, version }: { workflow: string; version: number }) {
  const found = useQuery(countPathsOptions({ path: { key: workflow }, query: { version } }))
  if (!found.data) return null
  const count = OPEN.reduce((sum, status) => sum + (found.data.statuses[status] ?? 0), 0)
  return (
    <Text size="xs" c="dimmed">
      {count > 0 ? t.openRuns(count) : t.noOpenRuns}
    </Text>
  )
}
