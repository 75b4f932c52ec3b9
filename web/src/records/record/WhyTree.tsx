import { Anchor, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { CheckOut } from '../../api'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { records as t } from '../../text/records'
import classes from './WhyTree.module.css'

/** A condition as the server explains it: whether it held, in a sentence, and its parts. */
export interface Explained {
  held: boolean | null
  sentence: string
  parts?: Explained[]
}

interface Props {
  checks: CheckOut[]
}

/** Everything that had to hold for a workflow to run, in order, with a tick or a cross and what it saw. */
export function WhyTree({ checks }: Props) {
  return (
    <Stack gap={4} component="ol" className={classes.list} data-testid="why-tree">
      {checks.map((check) => (
        <li key={check.key}>
          <Line held={check.held} sentence={check.sentence} />
          <Saw values={check.values} />
        </li>
      ))}
    </Stack>
  )
}

/** What a check saw beside its sentence: the parts of the filter, the run that was first. */
function Saw({ values }: { values: CheckOut['values'] }) {
  const tree = asExplained(values.tree)
  const run = typeof values.run === 'number' ? values.run : null
  return (
    <>
      {tree && (
        <div className={classes.inside}>
          <ExplainedTree tree={tree} />
        </div>
      )}
      {run !== null && (
        <Anchor component={Link} to={`/runs/${run}`} size="xs" className={classes.inside} display="block">
          {t.runNumber(run)}
        </Anchor>
      )}
    </>
  )
}

/** A condition part by part; also for the page of a run. */
export function ExplainedTree({ tree }: { tree: Explained }) {
  return (
    <>
      <Line held={tree.held} sentence={tree.sentence} />
      {tree.parts && tree.parts.length > 0 && (
        <ul className={classes.list}>
          {tree.parts.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a condition have only their place
            <li key={index} className={classes.inside}>
              <ExplainedTree tree={part} />
            </li>
          ))}
        </ul>
      )}
    </>
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

/** An explained condition out of values that may hold anything. */
export function asExplained(value: unknown): Explained | null {
  if (typeof value !== 'object' || value === null || !('sentence' in value)) return null
  return value as Explained
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
