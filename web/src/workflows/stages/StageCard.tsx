import { Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { StageOut } from '../../api'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { MembersTable } from '../../runs/bulk/Members'
import { BulkBar } from '../../runs/bulk/Progressing'
import { isOpen } from '../../runs/bulk/shape'
import { format } from '../../text'
import { bulk } from '../../text/bulk'
import { stages as t } from '../../text/stages'
import classes from './stages.module.css'

interface Props {
  stage: StageOut
  module: string | null
  /** The one that is to be looked at: its records are shown. */
  isLast: boolean
  byDates: boolean
}

/** One stage: what was expected and what was found, and its records before and after. */
export function StageCard({ stage, module, isLast, byDates }: Props) {
  const [shown, setShown] = useState(isLast)
  const open = isOpen(stage)
  const Sign = shown ? IconChevronUp : IconChevronDown
  return (
    <Paper className="surface" withBorder p="md" component="section" data-testid={`stage-${stage.nr}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <div>
            <Group gap={8}>
              <Title order={2}>{t.stage(stage.nr)}</Title>
              <Status of={stage.status} />
              {!stage.as_drawn && (
                <Badge color="orange" miw="max-content">
                  {t.earlier}
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {t.ran(stage.version)}
              {stage.by_name && ` · ${t.by(stage.by_name)}`} · <When at={stage.created_at} />
              {stage.approved_at && stage.approved_by_name && ` · ${t.approved(stage.approved_by_name)}`}
            </Text>
          </div>
          <Anchor component={Link} to={`/runs/bulk/${stage.bulk_run}`} size="sm">
            {t.openRun}
          </Anchor>
        </Group>
        {open && <BulkBar run={stage} size="lg" />}
        <Counts stage={stage} />
        {!open && stage.matched !== null && stage.matched < stage.expected && (
          <Text size="sm">{t.fewer(stage.expected - stage.matched)}</Text>
        )}
        {!byDates && (stage.still_matching ?? 0) > 0 && (
          <Text size="xs" c="dimmed">
            {t.stillAbout}
          </Text>
        )}
        {!open && (
          <div>
            {!isLast && (
              <Button
                size="compact-sm"
                variant="default"
                rightSection={<Sign size={14} aria-hidden />}
                aria-expanded={shown}
                onClick={() => setShown(!shown)}
              >
                {shown ? t.hideChanges : t.showChanges}
              </Button>
            )}
            {(shown || isLast) && <Records stage={stage} module={module} />}
          </div>
        )}
      </Stack>
    </Paper>
  )
}

const SHOWN = [
  'expected',
  'matched',
  'processed',
  'changed',
  'skipped',
  'failed',
  'waiting',
  'still_matching',
] as const
const RARE = new Set(['skipped', 'waiting'])

function Counts({ stage }: { stage: StageOut }) {
  const shown = SHOWN.filter((key) => !RARE.has(key) || (stage[key] ?? 0) > 0)
  return (
    <dl className={classes.counts} aria-label={t.compare}>
      {shown.map((key) => (
        <div key={key} data-testid={`stage-${key}`}>
          <dt>{t.counts[key]}</dt>
          <dd data-bad={key === 'failed' && stage.failed > 0 ? true : undefined}>
            {stage[key] === null ? '–' : format.number(stage[key])}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Records({ stage, module }: { stage: StageOut; module: string | null }) {
  const unchanged = stage.processed - stage.changed - stage.failed - stage.skipped
  return (
    <Stack gap="sm" mt="xs">
      {stage.failed > 0 && (
        <div>
          <Text size="sm" fw={600} mb={4}>
            {t.failures}
          </Text>
          <MembersTable id={stage.bulk_run} module={module} outcome="failed" limit={10} />
        </div>
      )}
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t.changes}
        </Text>
        {stage.changed > 0 ? (
          <MembersTable id={stage.bulk_run} module={module} outcome="changed" limit={10} />
        ) : (
          <Text size="sm" c="dimmed">
            {bulk.noRecords.changed}
          </Text>
        )}
        {unchanged > 0 && (
          <Text size="sm" c="dimmed" mt={6}>
            {t.unchangedAbout(unchanged)}
          </Text>
        )}
      </div>
    </Stack>
  )
}
