import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { countMatchingNowOptions, type MatchingNow, runOnAllMutation } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { bulk as t } from '../../text/bulk'
import { refreshBulkRuns } from './useBulkDeeds'

interface Props {
  workflow: { key: string; name: string }
  onClose: () => void
}

/** Run a workflow on everything that meets its conditions; how many these are is said before. */
export function RunOnAll({ workflow, onClose }: Props) {
  const navigate = useNavigate()
  const path = { key: workflow.key }
  const count = useQuery({ ...countMatchingNowOptions({ path }), staleTime: 0, gcTime: 0 })
  const run = useMutation({
    ...runOnAllMutation(),
    onSuccess: (made) => {
      sayDone(t.runStarted)
      onClose()
      navigate(`/runs/bulk/${made.id}`)
    },
    onError: (error) => sayProblem(error, t.runNot),
    onSettled: refreshBulkRuns,
  })
  const nothing = count.data?.matching === 0
  return (
    <Modal opened onClose={onClose} title={t.runTitle(workflow.name)}>
      <Stack gap="md">
        {count.error && <Problem error={count.error} onRetry={() => count.refetch()} />}
        {!count.data && !count.error && <Skeleton h={44} role="status" aria-label={t.counting} />}
        {count.data && <Text size="sm">{sentenceOf(count.data)}</Text>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {shared.common.cancel}
          </Button>
          <Button
            disabled={!count.data || nothing}
            loading={run.isPending}
            data-autofocus
            onClick={() => run.mutate({ path })}
          >
            {count.data?.matching ? t.runYes(count.data.matching) : t.runOnce}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function sentenceOf({ matching, module_label }: MatchingNow): string {
  if (matching === null) return t.runJob
  const module = module_label ?? ''
  return matching === 0 ? t.runNone(module) : t.runAbout(matching, module)
}
