import { Alert, Anchor, Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import {
  IconClock,
  IconHelpCircle,
  IconMailPause,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRoute,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import {
  type BulkRun,
  getTimesOptions,
  listBulkRunsOptions,
  listMessagesOptions,
  listRunsOptions,
  type Times,
} from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import { DecideAll } from '../../outbox/messages/DecideAll'
import { Problem } from '../../parts/Problem'
import { RunBars } from '../../parts/RunBars'
import { useLive } from '../../parts/useLive'
import { BulkRunsTable } from '../../runs/bulk/BulkRunsTable'
import { RunsTable } from '../../runs/RunsTable'
import { format } from '../../text'
import { bulk as words } from '../../text/bulk'
import { times as timesText } from '../../text/times'
import { runsPanel as t } from '../../text/trust'
import { TimesDialog } from '../times/TimesDialog'
import { WhyPanel } from '../why/WhyPanel'
import { PathsDialog } from './PathsDialog'
import { barsOf, isOpen } from './shape'
import { useQueue } from './useQueue'

const LAST = 30
const COUNTED = 200

/** What became of the open workflow's runs: the last ones, the ways of all, why one is missing; its queue. */
export function RunsPanel() {
  const { workflow } = useOpenWorkflow()
  const [shown, setShown] = useState<'paths' | 'why' | 'held' | 'times' | null>(null)
  const runs = useQuery(listRunsOptions({ query: { workflow: workflow.key, limit: LAST, members: false } }))
  const bulk = useQuery(listBulkRunsOptions({ query: { workflow: workflow.key, limit: LAST } }))
  const held = useQuery({
    ...listMessagesOptions({ query: { status: 'held', workflow_id: workflow.id, limit: COUNTED } }),
    enabled: workflow.active_version !== null,
  })
  const times = useQuery({
    ...getTimesOptions({ path: { key: workflow.key } }),
    enabled: workflow.active_version !== null,
  })
  const queue = useQueue()
  useLive(['runs', 'bulk_runs', 'messages'], ['listRuns', 'listBulkRuns', 'listMessages', 'countPaths'])
  const waiting = held.data?.items.length ?? 0
  const close = () => setShown(null)
  if (runs.error) return <Problem error={runs.error} onRetry={() => runs.refetch()} />
  if (bulk.error) return <Problem error={bulk.error} onRetry={() => bulk.refetch()} />
  if (!runs.data || !bulk.data) return <Skeleton h={80} m="sm" />
  const { items } = runs.data
  const many = bulk.data.items
  const isSome = items.length + many.length > 0
  return (
    <Stack gap="xs" p="sm" data-testid="runs-panel">
      {workflow.paused && (
        <Alert color="grape" py={6}>
          {t.paused}
        </Alert>
      )}
      <Group gap="xs" justify="space-between">
        {isSome ? (
          <RunBars bars={barsOf(items, many, LAST)} name={t.last} />
        ) : (
          <Text size="sm" c="dimmed">
            {workflow.active_version === null ? t.noneDraft : t.none}
          </Text>
        )}
        <Group gap={6}>
          {waiting > 0 && (
            <Act
              sign={<IconMailPause size={15} />}
              label={t.held(`${format.number(waiting)}${held.data?.next_cursor ? '+' : ''}`)}
              onClick={() => setShown('held')}
            />
          )}
          {isSome && <Act sign={<IconRoute size={15} />} label={t.paths} onClick={() => setShown('paths')} />}
          {workflow.module !== null && workflow.active_version !== null && (
            <Act sign={<IconHelpCircle size={15} />} label={t.why} onClick={() => setShown('why')} />
          )}
          {times.data && goesByTheClock(times.data) && (
            <Act sign={<IconClock size={15} />} label={timesText.open} onClick={() => setShown('times')} />
          )}
          {workflow.state === 'active' && (
            <Act
              sign={workflow.paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
              label={workflow.paused ? t.resume : t.pause}
              busy={queue.busy}
              onClick={() => queue.pause(!workflow.paused)}
            />
          )}
          {items.some(isOpen) && (
            <Act
              sign={<IconPlayerStop size={15} />}
              label={t.cancelAll}
              busy={queue.busy}
              onClick={queue.cancelAll}
            />
          )}
          {isSome && (
            <Anchor component={Link} to={`/runs?workflow=${encodeURIComponent(workflow.key)}`} size="sm">
              {t.all}
            </Anchor>
          )}
        </Group>
      </Group>
      {many.length > 0 && <Many runs={many} workflow={workflow.key} />}
      {items.length > 0 && <RunsTable runs={items} ofOne />}
      {shown === 'paths' && <PathsDialog onClose={close} />}
      {shown === 'times' && times.data && (
        <TimesDialog name={workflow.name} module={workflow.module} found={times.data} onClose={close} />
      )}
      {shown === 'held' && <DecideAll workflow={workflow} onClose={close} />}
      {shown === 'why' && workflow.module !== null && (
        <Modal opened onClose={close} title={t.why} size="lg">
          <WhyPanel workflow={workflow.key} module={workflow.module} />
        </Modal>
      )}
    </Stack>
  )
}

const SHOWN = 5

/** The last bulk runs, and the way to all of them. */
function Many({ runs, workflow }: { runs: readonly BulkRun[]; workflow: string }) {
  return (
    <section>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600}>
          {words.ofWorkflow}
        </Text>
        {runs.length > SHOWN && (
          <Anchor component={Link} to={`/runs/bulk?workflow=${encodeURIComponent(workflow)}`} size="sm">
            {words.allOf}
          </Anchor>
        )}
      </Group>
      <BulkRunsTable runs={runs.slice(0, SHOWN)} ofOne />
    </section>
  )
}

/** Whether there is anything to tell of its times. */
function goesByTheClock({ next_at: next, occurrences, skipped }: Times): boolean {
  return next !== null || occurrences.length > 0 || skipped.length > 0
}

interface ActProps {
  sign: React.ReactNode
  label: string
  busy?: boolean
  onClick: () => void
}

function Act({ sign, label, busy = false, onClick }: ActProps) {
  return (
    <Button size="compact-sm" variant="default" leftSection={sign} loading={busy} onClick={onClick}>
      {label}
    </Button>
  )
}
