import {
  Alert,
  Anchor,
  Badge,
  Box,
  Button,
  Grid,
  Group,
  Menu,
  Paper,
  Skeleton,
  Tabs,
  Text,
} from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { type DrawingOut, getRunDrawingOptions, getRunOptions, getRunQueryKey, type WholeRun } from '../api'
import { lazy } from '../app/lazy'
import { live } from '../app/live'
import { useMe } from '../app/useMe'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { Problem } from '../parts/Problem'
import { Status } from '../parts/Status'
import { again } from '../text/again'
import { runs as words } from '../text/runs'
import { AgainDialog } from './again/AgainDialog'
import { ChosenBlock } from './again/FromHere'
import { useTitles } from './again/useTitles'
import { BranchesOfRun } from './BranchesOfRun'
import { MessagesOfRun } from './MessagesOfRun'
import { OpenCalls } from './OpenCalls'
import { kindOf, nameOf, originOf } from './origin'
import { RunFacts } from './RunFacts'
import { RecordLink } from './RunsTable'
import { Steps } from './Steps'
import { startedBy } from './started'
import { useRunActions } from './useRunActions'
import { WaitsForSignal } from './WaitsForSignal'
import { WaitsHere } from './WaitsHere'
import { errorOf, isUnderWay } from './words'

const ReplayCanvas = lazy(async () => ({ default: (await import('./ReplayCanvas')).ReplayCanvas }))

/** Of what is said of how it ended: what a person did is no fault. */
const COLOURS: Record<string, string> = { held: 'grape', cancelled: 'gray' }

/** One run: on the canvas as a replay, block by block beside it, and how it came about. */
export function Page() {
  const id = Number(useParams().id)
  const cache = useQueryClient()
  const found = useQuery({
    ...getRunOptions({ path: { run_id: id } }),
    refetchInterval: (query) => (query.state.data && isUnderWay(query.state.data) ? 5_000 : false),
  })
  useEffect(
    () =>
      live.on('runs', () => cache.invalidateQueries({ queryKey: getRunQueryKey({ path: { run_id: id } }) })),
    [cache, id],
  )
  if (found.error) return <PageProblem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton height={480} />
  return <TheRun key={id} run={found.data} />
}

function TheRun({ run }: { run: WholeRun }) {
  // null: all of it, and what is still to come as it happens
  const [at, setAt] = useState<number | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  // The block that running again is asked about; null: any; undefined: nothing is asked
  const [from, setFrom] = useState<string | null>()
  const me = useMe()
  const drawing = useQuery({
    ...getRunDrawingOptions({ path: { run_id: run.id } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const count = at ?? run.steps.length
  const mayAgain = (me.administrator || me.builder) && !isUnderWay(run) && run.made_from?.kind !== 'playbook'
  const show = (moment: number | null) => {
    setAt(moment)
    setChosen(null)
  }
  const error = errorOf(run.error)
  return (
    <>
      <PageHeader
        title={nameOf(run) ?? run.workflow_name}
        beside={
          <>
            <Status of={run.status} />
            <Text size="sm" c="dimmed">
              {[kindOf(run), words.run(run.id)].filter(Boolean).join(' · ')}
              {run.version ? `, ${words.version(run.version)}` : ''}
            </Text>
          </>
        }
        about={<RecordLink run={run} />}
      >
        <Actions run={run} onAgain={drawing.data && mayAgain ? setFrom : undefined} />
      </PageHeader>
      {error && (
        <Alert color={COLOURS[run.status] ?? 'red'} mb="sm" title={error.message} data-testid="run-error">
          {error.suggestion}
        </Alert>
      )}
      {!run.whole && (
        <Alert color="gray" mb="sm" title={words.hiddenTitle}>
          {words.hidden}
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Paper className="surface" style={{ overflow: 'hidden' }}>
            <Box h={560}>
              {drawing.error && <Problem error={drawing.error} onRetry={() => drawing.refetch()} />}
              {drawing.data ? (
                <Suspense fallback={<Skeleton h="100%" />}>
                  <ReplayCanvas
                    run={run}
                    drawing={drawing.data}
                    count={count}
                    onCount={show}
                    chosen={chosen}
                    onChoose={setChosen}
                  >
                    {mayAgain && chosen && (
                      <Chosen
                        drawing={drawing.data}
                        node={chosen}
                        onAgain={setFrom}
                        onClose={() => setChosen(null)}
                      />
                    )}
                  </ReplayCanvas>
                </Suspense>
              ) : (
                !drawing.error && <Skeleton h="100%" />
              )}
            </Box>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Tabs defaultValue="steps">
            <Tabs.List mb="sm">
              <Tabs.Tab value="steps">{words.steps}</Tabs.Tab>
              <Tabs.Tab
                value="messages"
                rightSection={
                  run.messages.length ? <Badge size="sm">{run.messages.length}</Badge> : undefined
                }
              >
                {words.messages}
              </Tabs.Tab>
              <Tabs.Tab value="facts">{words.facts}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="steps">
              <OpenCalls run={run} drawing={drawing.data} />
              <WaitsForSignal run={run} drawing={drawing.data} />
              <WaitsHere run={run} drawing={drawing.data} />
              <BranchesOfRun run={run} />
              <Steps
                run={run}
                drawing={drawing.data}
                current={count}
                onSelect={show}
                onAgain={drawing.data && mayAgain ? setFrom : undefined}
              />
            </Tabs.Panel>
            <Tabs.Panel value="messages">
              <MessagesOfRun messages={run.messages} />
            </Tabs.Panel>
            <Tabs.Panel value="facts">
              <RunFacts run={run} drawing={drawing.data} />
            </Tabs.Panel>
          </Tabs>
        </Grid.Col>
      </Grid>
      {drawing.data && from !== undefined && (
        <AgainDialog run={run} drawing={drawing.data} from={from} onClose={() => setFrom(undefined)} />
      )}
    </>
  )
}

interface ChosenProps {
  drawing: DrawingOut
  node: string
  onAgain: (node: string) => void
  onClose: () => void
}

function Chosen({ drawing, node, onAgain, onClose }: ChosenProps) {
  const name = useTitles(drawing).get(node) ?? node
  return <ChosenBlock name={name} onAgain={() => onAgain(node)} onClose={onClose} />
}

interface ActionsProps {
  run: WholeRun
  /** Asks about running again from a block, or from one that is still to be chosen. */
  onAgain?: (node: string | null) => void
}

function Actions({ run, onAgain }: ActionsProps) {
  const navigate = useNavigate()
  const me = useMe()
  const actions = useRunActions((rerun) => rerun && navigate(`/runs/${rerun}`))
  const builds = me.administrator || me.builder
  const origin = originOf(run)
  const failed = typeof run.error?.node === 'string' ? run.error.node : null
  return (
    <Group gap="xs">
      {builds && origin && (
        <Anchor component={Link} to={origin.to} size="sm">
          {origin.label}
        </Anchor>
      )}
      {run.status === 'held' && (
        <Button loading={actions.busy} onClick={() => actions.release([run])}>
          {words.release}
        </Button>
      )}
      {isUnderWay(run) ? (
        <Button
          variant="default"
          loading={actions.busy}
          onClick={() => actions.cancel([run], startedBy(run))}
        >
          {words.cancel}
        </Button>
      ) : (
        <Menu>
          <Menu.Target>
            <Button loading={actions.busy} rightSection={<IconChevronDown size={16} />} variant="default">
              {words.rerun}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => actions.rerun(run, 'start')}>{words.rerunStart}</Menu.Item>
            <Menu.Item
              disabled={run.status !== 'failed'}
              onClick={() => (onAgain && failed ? onAgain(failed) : actions.rerun(run, 'failed'))}
            >
              {words.rerunFailed}
            </Menu.Item>
            {onAgain && (
              <Menu.Item onClick={() => onAgain(run.steps.at(-1)?.node ?? null)}>{again.menu}</Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  )
}
