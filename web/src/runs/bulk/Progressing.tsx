import { Group, Paper, Progress, Stack, Text, Tooltip } from '@mantine/core'
import { IconCircleCheck, IconInfoCircle } from '@tabler/icons-react'
import { format } from '../../text'
import { bulk as t } from '../../text/bulk'
import classes from './bulk.module.css'
import { type Counts, isOpen, lineOf, type Piece, piecesOf } from './shape'

interface Props {
  run: Counts & {
    per_second: number | null
    seconds_left: number | null
    still_matching: number | null
    started_at: string | null
    ended_at: string | null
  }
}

const COLORS: Record<Piece['key'], string> = { good: 'green.7', skipped: 'gray.5', failed: 'red.7' }

/** How far it is, how fast, how long still; how many of what; and whether any record still matches. */
export function Progressing({ run }: Props) {
  return (
    <Paper className="surface" p="md" withBorder data-testid="bulk-progress">
      <Stack gap="md">
        <Stack gap={6}>
          <BulkBar run={run} size="lg" />
          <Text size="sm" role="status" data-testid="bulk-line">
            {lineOf(run)}
          </Text>
          {run.status === 'paused' && (
            <Text size="sm" c="dimmed">
              {t.standsStill}
            </Text>
          )}
        </Stack>
        <CountsRow run={run} />
        {!isOpen(run) && <Still run={run} />}
      </Stack>
    </Paper>
  )
}

/** The bar alone: what went well, what was skipped, what failed. */
export function BulkBar({ run, size = 'md' }: { run: Counts; size?: 'sm' | 'md' | 'lg' }) {
  const pieces = piecesOf(run)
  const all = Math.round(pieces.reduce((sum, piece) => sum + piece.percent, 0))
  return (
    <Progress.Root
      size={size}
      role="progressbar"
      aria-label={t.progress}
      aria-valuenow={all}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      {pieces.map(({ key, percent }) => (
        <Progress.Section
          key={key}
          value={percent}
          color={COLORS[key]}
          withAria={false}
          animated={run.status === 'running' && key === 'good'}
          striped={run.status === 'running' && key === 'good'}
        />
      ))}
    </Progress.Root>
  )
}

const SHOWN = ['matched', 'processed', 'changed', 'skipped', 'failed', 'waiting'] as const

/** The numbers, each with what it means. */
export function CountsRow({ run }: { run: Counts }) {
  return (
    <dl className={classes.counts}>
      {SHOWN.filter((key) => key !== 'waiting' || (run.waiting ?? 0) > 0).map((key) => (
        <Tooltip key={key} label={t.countsAbout[key]} multiline maw={260}>
          <div className={classes.count} data-testid={`count-${key}`}>
            <dt>{t.counts[key]}</dt>
            <dd data-bad={key === 'failed' && run.failed > 0 ? true : undefined}>
              {run[key] === null || run[key] === undefined ? '–' : format.number(run[key])}
            </dd>
          </div>
        </Tooltip>
      ))}
    </dl>
  )
}

function Still({ run }: Props) {
  if (run.still_matching === null || !run.matched) return null
  const none = run.still_matching === 0
  const Sign = none ? IconCircleCheck : IconInfoCircle
  return (
    <Group gap={8} wrap="nowrap" align="flex-start" data-testid="still-matching">
      <Sign size={18} className={none ? classes.good : classes.note} aria-hidden />
      <div>
        <Text size="sm" fw={600}>
          {t.stillMatching(format.number(run.still_matching), format.number(run.matched))}
        </Text>
        <Text size="xs" c="dimmed">
          {none ? t.stillNone : run.still_matching === run.failed ? t.stillFailed : t.stillSome}
        </Text>
      </div>
    </Group>
  )
}
