import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from 'react-router'
import {
  queries,
  releaseRunsMutation,
  rerunRunMutation,
  type TroubledBulkRun,
  type TroubledRun,
  type WaitingMessage,
} from '../api'
import { confirm } from '../parts/confirm'
import { sayDone, sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { kindOf, nameOf } from '../runs/origin'
import { format } from '../text'
import { home as t } from '../text/home'
import { outbox } from '../text/outbox'
import classes from './Attention.module.css'

const refresh = () => queries.invalidateQueries({ queryKey: [{ _id: 'getHome' }] })

/** A run that failed or is held: what it was about, why, and the way on. */
export function RunLine({ run }: { run: TroubledRun }) {
  const record = run.record_title ?? run.record_id
  return (
    <Group className={classes.line} justify="space-between" wrap="nowrap" gap="sm">
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
            {run.workflow_name}
          </Anchor>
          {record && ` · ${record}`}
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          <When at={run.ended_at ?? run.created_at} />
          {run.message && ` · ${run.message}`}
        </Text>
      </Stack>
      {run.status === 'held' ? <Release run={run} /> : <Rerun run={run} />}
    </Group>
  )
}

/** A run over many records of which some failed: how many, and the way to which and why. */
export function BulkRunLine({ run }: { run: TroubledBulkRun }) {
  const kind = kindOf(run)
  return (
    <Group className={classes.line} justify="space-between" wrap="nowrap" gap="sm">
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          <Anchor component={Link} to={`/runs/bulk/${run.id}`} size="sm">
            {nameOf(run) ?? t.aBulkRun}
          </Anchor>
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {kind && `${kind} · `}
          <When at={run.ended_at ?? run.created_at} />
          {run.matched > 0 && ` · ${t.failedOf(format.number(run.failed), format.number(run.matched))}`}
        </Text>
      </Stack>
    </Group>
  )
}

function Rerun({ run }: { run: TroubledRun }) {
  const rerun = useMutation({
    ...rerunRunMutation(),
    onSuccess: () => sayDone(t.rerunDone),
    onError: (error) => sayProblem(error, t.notRerun),
    onSettled: refresh,
  })
  const ask = async () => {
    const question = { title: t.rerunTitle, about: t.rerunAbout(run.workflow_name), yes: t.rerun }
    if (await confirm(question)) rerun.mutate({ path: { run_id: run.id }, body: { start_at: 'start' } })
  }
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={rerun.isPending}
      onClick={ask}
      className={classes.deed}
    >
      {t.rerun}
    </Button>
  )
}

function Release({ run }: { run: TroubledRun }) {
  const release = useMutation({
    ...releaseRunsMutation(),
    onSuccess: () => sayDone(t.released),
    onError: (error) => sayProblem(error, t.notReleased),
    onSettled: refresh,
  })
  const ask = async () => {
    const question = { title: t.releaseTitle, about: t.releaseAbout(run.workflow_name), yes: t.release }
    if (await confirm(question)) release.mutate({ body: { ids: [run.id] } })
  }
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={release.isPending}
      onClick={ask}
      className={classes.deed}
    >
      {t.release}
    </Button>
  )
}

/** A message that waits for a person. */
export function MessageLine({ message }: { message: WaitingMessage }) {
  const reason = message.hold_reason ? outbox.held[message.hold_reason]?.short : null
  return (
    <Group className={classes.line} justify="space-between" wrap="nowrap" gap="sm">
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Text size="sm" truncate>
          <Anchor component={Link} to={`/messages?status=${message.status}&open=${message.id}`} size="sm">
            {message.workflow_name ?? t.aMessage}
          </Anchor>
        </Text>
        <Text size="xs" c="dimmed" truncate>
          <When at={message.created_at} />
          {reason && ` · ${reason}`}
        </Text>
      </Stack>
    </Group>
  )
}
