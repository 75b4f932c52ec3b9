import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type DrawingOut, hurryRunMutation, type RunCall, type WholeRun } from '../api'
import { useMe } from '../app/useMe'
import { sayDone, sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { runs as words } from '../text/runs'
import { namesOf } from './names'
import { errorOf } from './words'

/** What the run has asked of other systems and still waits for: how often it was tried, when it is next. */
export function OpenCalls({ run, drawing }: { run: WholeRun; drawing: DrawingOut | undefined }) {
  const open = run.calls.filter((call) => call.status === 'queued' || call.status === 'calling')
  const names = namesOf(drawing)
  if (open.length === 0) return null
  return (
    <Stack gap={6} mb={6} data-testid="open-calls">
      {open.map((call) => (
        <OpenCall key={call.id} run={run} call={call} name={names.get(call.node)?.label || call.node} />
      ))}
    </Stack>
  )
}

function OpenCall({ run, call, name }: { run: WholeRun; call: RunCall; name: string }) {
  const me = useMe()
  const cache = useQueryClient()
  const hurry = useMutation({
    ...hurryRunMutation(),
    onSuccess: () => {
      sayDone(words.hurried)
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error),
  })
  const error = errorOf(call.error)
  const later = call.status === 'queued' && Date.parse(call.due_at) > Date.now()
  return (
    <Paper className="surface" px="sm" py={8}>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} truncate>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {call.destination ? words.callTo(call.destination) : words.callHere}
            {call.attempts > 0 && `, ${words.tried(call.attempts)}`}
            {later && (
              <>
                {`, ${words.triedAgain} `}
                <When at={call.due_at} />
              </>
            )}
          </Text>
          {error && (
            <Text size="xs" c="var(--mantine-color-error)">
              {error.message}
            </Text>
          )}
        </div>
        {later && (me.administrator || me.builder) && (
          <Button
            size="xs"
            variant="default"
            loading={hurry.isPending}
            onClick={() => hurry.mutate({ path: { run_id: run.id } })}
          >
            {words.hurry}
          </Button>
        )}
      </Group>
    </Paper>
  )
}
