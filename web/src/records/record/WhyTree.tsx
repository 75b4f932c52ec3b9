import { Anchor, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { CheckOut } from '../../api'
import { Explained } from '../../parts/Explained'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { records as t } from '../../text/records'
import { FirstTimeAgain } from '../../workflows/why/FirstTimeAgain'
import { seenOf } from '../../workflows/why/seen'
import classes from './WhyTree.module.css'

interface Props {
  checks: CheckOut[]
  workflow: string
  record: string
}

/** Everything that had to hold for a workflow to run, in order, with a tick or a cross and what it saw. */
export function WhyTree({ checks, workflow, record }: Props) {
  return (
    <Stack gap={4} component="ol" className={classes.list} data-testid="why-tree">
      {checks.map((check) => (
        <li key={check.key}>
          <Line held={check.held} sentence={check.sentence} />
          <Saw check={check} />
          {check.key === 'recurrence' && check.values.claimed_at !== undefined && (
            <div className={classes.inside}>
              <FirstTimeAgain workflow={workflow} record={record} />
            </div>
          )}
        </li>
      ))}
    </Stack>
  )
}

/** What a check saw beside its sentence: the parts of the filter, moments as the person writes them, a run. */
function Saw({ check }: { check: CheckOut }) {
  const seen = seenOf(check)
  const { tree } = check.values
  if (seen.length === 0 && !tree) return null
  return (
    <div className={classes.inside}>
      <Explained tree={tree} />
      {seen.map(({ name, value, run }) => (
        <Text key={name} size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {name}:{' '}
          {run ? (
            <Anchor component={Link} to={`/runs/${run}`} inherit>
              {t.runNumber(run)}
            </Anchor>
          ) : (
            value
          )}
        </Text>
      ))}
    </div>
  )
}

const SIGNS = {
  true: { Sign: IconCheck, color: 'var(--run-succeeded)', said: t.whyHeld },
  false: { Sign: IconX, color: 'var(--mantine-color-error)', said: t.whyNotHeld },
  null: { Sign: IconMinus, color: 'var(--mantine-color-dimmed)', said: t.whyUnknown },
}

function Line({ held, sentence }: { held: boolean | null; sentence: string }) {
  const { Sign, color, said } = SIGNS[`${held}`]
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Sign size={16} color={color} aria-label={said} role="img" style={{ flex: 'none', marginTop: 2 }} />
      <Text
        size="sm"
        c={held === null ? 'dimmed' : undefined}
        fw={held === false ? 600 : undefined}
        style={{ overflowWrap: 'anywhere' }}
        dir="auto"
      >
        {sentence}
      </Text>
    </Group>
  )
}

interface RunsProps {
  runs: { id: number; status: string; created_at: string }[]
}

/** The runs of the workflow on the record. */
export function RunsThen({ runs }: RunsProps) {
  return runs.map((run) => (
    <Group key={run.id} gap="xs">
      <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
        {t.runNumber(run.id)}
      </Anchor>
      <Status of={run.status} />
      <Text span size="xs" c="dimmed">
        <When at={run.created_at} />
      </Text>
    </Group>
  ))
}
