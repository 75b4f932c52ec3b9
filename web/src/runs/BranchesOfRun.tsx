import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listRunsOptions, type WholeRun } from '../api'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { format } from '../text'
import { questions as t } from '../text/questions'
import { errorOf } from './words'

const SHOWN = 20

/** The runs that this run's blocks started, items of a loop or other workflows, and what people are asked. */
export function BranchesOfRun({ run }: { run: WholeRun }) {
  const total = run.branches.reduce((sum, one) => sum + one.runs, 0)
  const found = useQuery({
    ...listRunsOptions({ query: { parent: run.id, limit: SHOWN } }),
    enabled: total > 0,
  })
  const asked = run.questions.filter((one) => one.status === 'open' && run.status === 'waiting')
  if (total === 0 && asked.length === 0) return null
  return (
    <Stack gap={6} mb={6} data-testid="branches">
      {asked.map((one) => (
        <Paper key={one.id} className="surface" px="sm" py={8}>
          <Text size="sm" fw={600}>
            {t.waitsFor}
          </Text>
          <Text size="sm" dir="auto">
            {one.title}
          </Text>
          <Text size="xs" c="dimmed">
            {t.asked(one.asked.join(', ') || t.nobody)}
            {one.due_at && ` · ${t.public.until} ${format.dateTime(one.due_at)}`}
          </Text>
        </Paper>
      ))}
      {total > 0 && (
        <Paper className="surface" px="sm" py={8}>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={600}>
              {t.branches}
            </Text>
            <Group gap={6}>
              {Object.entries(counted(run)).map(([status, runs]) => (
                <Group key={status} gap={4}>
                  <Status of={status} />
                  <Text size="xs">{format.number(runs)}</Text>
                </Group>
              ))}
            </Group>
          </Group>
          {found.data?.items.map((one) => (
            <Group key={one.id} gap="xs" wrap="nowrap" py={2}>
              <Status of={one.status} />
              <Anchor component={Link} to={`/runs/${one.id}`} size="sm" truncate>
                {one.record_title ??
                  (one.record_id ? t.branch(one.branch_number ?? 0, one.record_id) : one.workflow_name)}
              </Anchor>
              <Text size="xs" c="dimmed" truncate>
                {errorOf(one.error)?.message ?? <When at={one.ended_at ?? one.created_at} />}
              </Text>
            </Group>
          ))}
          {total > SHOWN && (
            <Text size="xs" c="dimmed" mt={4}>
              {t.branchesMore(total - SHOWN)}
            </Text>
          )}
        </Paper>
      )}
    </Stack>
  )
}

/** All blocks together: how many have each status. */
function counted(run: WholeRun): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { status, runs } of run.branches) found[status] = (found[status] ?? 0) + runs
  return found
}
