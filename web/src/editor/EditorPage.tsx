import { Box, Group, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useParams } from 'react-router'
import { api, asProblem } from '../api'
import { PageProblem } from '../parts/PageProblem'
import { editor as t } from '../text/editor'
import { useCatalogue } from './catalogue'
import classes from './editor.module.css'
import { Opened } from './Opened'

/** /workflows/:key – the workflow editor. */
export function Page() {
  const { key = '' } = useParams()
  return <Opening key={key} workflowKey={key} />
}

/** Fetches what is edited, afresh each time: one does not begin with what was here ten minutes ago. */
function Opening({ workflowKey }: { workflowKey: string }) {
  const visit = useId()
  const { known, ready, error, retry } = useCatalogue()
  const workflow = useQuery({
    queryKey: ['open-workflow', workflowKey, visit],
    queryFn: async () => (await api.getWorkflow({ path: { key: workflowKey }, throwOnError: true })).data,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  if (workflow.error)
    return (
      <Box p="md">
        <PageProblem
          error={workflow.error}
          title={asProblem(workflow.error).status === 403 ? t.notForYou : undefined}
          onRetry={() => workflow.refetch()}
        />
      </Box>
    )
  if (error)
    return (
      <Box p="md">
        <PageProblem error={error} onRetry={() => retry()} />
      </Box>
    )
  if (!workflow.data || !known || !ready) return <Waiting />
  return <Opened initial={workflow.data} known={known} />
}

function Waiting() {
  return (
    <Stack className={classes.page} gap={0} aria-busy aria-label={t.opening}>
      <Group className={classes.top}>
        <Skeleton h={20} w={280} />
      </Group>
      <Group flex={1} align="stretch" gap={0} wrap="nowrap">
        <Stack className={classes.palette} p="sm" gap="xs">
          {Array.from({ length: 8 }, (_, index) => (
            <Skeleton key={String(index)} h={30} />
          ))}
        </Stack>
        <div style={{ flex: 1 }} />
        <Stack className={classes.side} p="sm">
          <Skeleton h={30} />
          <Skeleton h={60} />
        </Stack>
      </Group>
    </Stack>
  )
}
