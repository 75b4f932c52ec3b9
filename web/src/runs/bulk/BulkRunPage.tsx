import { Alert, Anchor, Box, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { Link, useParams } from 'react-router'
import { getBulkRunDrawingOptions, getBulkRunOptions, type WholeBulkRun } from '../../api'
import { lazy } from '../../app/lazy'
import { useMe } from '../../app/useMe'
import { PageHeader } from '../../parts/PageHeader'
import { PageProblem } from '../../parts/PageProblem'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { useLive } from '../../parts/useLive'
import { format } from '../../text'
import { bulk as t } from '../../text/bulk'
import { kindOf, nameOf, originOf } from '../origin'
import { errorOf } from '../words'
import { BulkDeeds } from './BulkDeeds'
import { Causes } from './Causes'
import { FixFirst } from './FixFirst'
import { Members, type Outcome } from './Members'
import { Progressing } from './Progressing'
import { causeOf, isOpen, ranBy } from './shape'
import { useBulkDeeds } from './useBulkDeeds'

const BulkCanvas = lazy(async () => ({ default: (await import('./BulkCanvas')).BulkCanvas }))
const PACE = 1_000 // milliseconds between two looks while it is under way

/** One bulk run: how far it is, which way the records went, what went wrong, and what became of each. */
export function Page() {
  const id = Number(useParams().id)
  const found = useQuery({
    ...getBulkRunOptions({ path: { bulk_run_id: id } }),
    refetchInterval: (query) => (query.state.data && isOpen(query.state.data) ? PACE : false),
  })
  useLive(['bulk_runs'], ['getBulkRun', 'listBulkRunRecords'], PACE)
  if (found.error && !found.data) return <PageProblem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={480} />
  return <TheBulkRun key={id} run={found.data} />
}

function TheBulkRun({ run }: { run: WholeBulkRun }) {
  const me = useMe()
  const builds = me.administrator || me.builder
  const deeds = useBulkDeeds(run.id)
  const [outcome, setOutcome] = useState<Outcome>(run.changed === 0 && run.failed > 0 ? 'failed' : 'changed')
  const module = run.module?.key ?? null
  const error = errorOf(run.error)
  const first = run.causes.find((cause) => cause.fix_first)
  return (
    <>
      <PageHeader
        title={nameOf(ranBy(run)) ?? t.name(run.id)}
        beside={
          <>
            <Status of={run.status} />
            <Text size="sm" c="dimmed">
              {t.name(run.id)}
              {run.version ? `, ${t.version(run.version)}` : ''}
            </Text>
          </>
        }
        about={<About run={run} />}
      >
        {builds && <ToOrigin run={run} />}
        {builds && <BulkDeeds run={run} deeds={deeds} fixFirst={first !== undefined} />}
      </PageHeader>
      {error && (
        <Alert
          color={isOpen(run) ? 'orange' : run.status === 'cancelled' ? 'gray' : 'red'}
          mb="md"
          title={error.message}
          data-testid="bulk-error"
        >
          {error.suggestion}
        </Alert>
      )}
      {first && !isOpen(run) && (
        <FixFirst
          to={builds ? originOf(ranBy(run))?.to : undefined}
          cause={first}
          busy={deeds.busy}
          onFixed={() => deeds.rerun('failed', true)}
        />
      )}
      <Stack gap="md">
        <Progressing run={run} />
        {run.causes.length > 0 && <Causes id={run.id} module={module} causes={run.causes} />}
        <Paths run={run} />
        <Members id={run.id} run={run} module={module} outcome={outcome} onOutcome={setOutcome} />
      </Stack>
    </>
  )
}

function ToOrigin({ run }: { run: WholeBulkRun }) {
  const origin = originOf(ranBy(run))
  if (!origin) return null
  return (
    <Anchor component={Link} to={origin.to} size="sm">
      {origin.label}
    </Anchor>
  )
}

function About({ run }: { run: WholeBulkRun }) {
  // "Data task: Maria" says it already.
  const kind = run.started_by === 'data_task' ? null : kindOf(ranBy(run))
  return (
    <Group gap={6} component="span" display="inline-flex">
      <span>{[kind, run.module?.label, causeOf(run)].filter(Boolean).join(' · ')}</span>
      {run.nominal_at && <span>· {t.planned(format.dateTime(run.nominal_at))}</span>}
      {run.run !== null && (
        <span>
          · {t.startedIn}{' '}
          <Anchor component={Link} to={`/runs/${run.run}`} inherit>
            {t.runOf(run.run).toLowerCase()}
          </Anchor>
        </span>
      )}
      {run.rerun_of && (
        <span>
          · {t.repeats}{' '}
          <Anchor component={Link} to={`/runs/bulk/${run.rerun_of}`} inherit>
            {t.name(run.rerun_of).toLowerCase()}
          </Anchor>
        </span>
      )}
    </Group>
  )
}

/** The canvas that the records went over. */
function Paths({ run }: { run: WholeBulkRun }) {
  const drawing = useQuery({
    ...getBulkRunDrawingOptions({ path: { bulk_run_id: run.id } }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return (
    <Paper className="surface" withBorder style={{ overflow: 'hidden' }}>
      <Title order={2} p="md" pb="xs">
        {t.paths}
      </Title>
      <Box h={380} style={{ borderTop: '1px solid var(--line)' }}>
        {drawing.error && <Problem error={drawing.error} onRetry={() => drawing.refetch()} />}
        {drawing.data ? (
          <Suspense fallback={<Skeleton h="100%" />}>
            <BulkCanvas drawing={drawing.data} edges={run.edges} run={run} />
          </Suspense>
        ) : (
          !drawing.error && <Skeleton h="100%" />
        )}
      </Box>
    </Paper>
  )
}
