import { Alert, Collapse, Group, Paper, Stack, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import type { DrawingOut, StepRun, WholeRun } from '../api'
import { useCatalogue } from '../editor/catalogue'
import { Status } from '../parts/Status'
import { format } from '../text'
import { runs as words } from '../text/runs'
import { FromHereButton } from './again/FromHere'
import { namesOf } from './names'
import { pauseBefore } from './replay'
import { Values } from './Values'
import { errorOf } from './words'

interface Props {
  run: WholeRun
  drawing: DrawingOut | undefined
  /** How many steps the replay shows; the last of them is marked. */
  current: number
  onSelect: (count: number) => void
  /** Asks whether to run again from a block; none: that is not possible now. */
  onAgain?: (node: string) => void
}

/** What the run did, block by block: what went in, what came out, when, and what failed. */
export function Steps({ run, drawing, current, onSelect, onAgain }: Props) {
  const [open, setOpen] = useState<number | null>(
    () => run.steps.find((step) => step.status === 'failed')?.seq ?? null,
  )
  const names = namesOf(drawing)
  const blocks = useCatalogue().known?.blocks
  if (run.steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {words.noSteps}
      </Text>
    )
  return (
    <Stack gap={6} component="ol" p={0} m={0} style={{ listStyle: 'none' }} data-testid="steps">
      {run.steps.map((step, index) => (
        <Paper
          key={step.seq}
          component="li"
          className="surface"
          data-testid={`step-${step.node}`}
          style={{
            borderColor: index === current - 1 ? 'var(--mantine-primary-color-filled)' : undefined,
            opacity: index < current ? 1 : 0.55,
          }}
        >
          <UnstyledButton
            w="100%"
            px="sm"
            py={8}
            aria-expanded={open === step.seq}
            onClick={() => {
              onSelect(index + 1)
              setOpen(open === step.seq ? null : step.seq)
            }}
          >
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <div style={{ minWidth: 0 }}>
                <Text size="sm" fw={600} truncate>
                  {names.get(step.node)?.label || blocks?.get(step.block)?.label || step.node}
                </Text>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {names.get(step.node)?.summary || step.block}
                </Text>
              </div>
              <Stack gap={2} align="flex-end" style={{ flexShrink: 0 }}>
                <Status of={step.status} />
                <Text size="xs" c="dimmed">
                  {timing(run.steps, index)}
                </Text>
              </Stack>
            </Group>
          </UnstyledButton>
          <Collapse expanded={open === step.seq}>
            <Details step={step} exit={exitOf(drawing, step)} whole={run.whole} onAgain={onAgain} />
          </Collapse>
        </Paper>
      ))}
    </Stack>
  )
}

/** What the exit is called by which it went on. */
function exitOf(drawing: DrawingOut | undefined, { node, port }: StepRun): string | null {
  const ports = drawing?.nodes.find(({ key }) => key === node)?.ports
  return ports?.find(({ key }) => key === port)?.label ?? port
}

interface DetailsProps {
  step: StepRun
  exit: string | null
  whole: boolean
  onAgain?: (node: string) => void
}

function Details({ step, exit, whole, onAgain }: DetailsProps) {
  const error = errorOf(step.error)
  return (
    <Stack gap="xs" px="sm" pb="sm">
      {error && (
        <Alert color="red" py={6} title={error.message}>
          {error.suggestion}
        </Alert>
      )}
      <Text size="xs" c="dimmed">
        {[
          format.dateTime(step.started_at),
          exit ? `${words.exit}: ${exit}` : '',
          step.records > 1 ? words.records(step.records) : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </Text>
      {whole && <Values title={words.input} value={step.input} />}
      {whole && <Values title={words.output} value={step.output} />}
      {onAgain && <FromHereButton onAgain={() => onAgain(step.node)} />}
    </Stack>
  )
}

function timing(steps: readonly StepRun[], at: number): string {
  const step = steps[at]
  const pause = pauseBefore(steps, at)
  if (pause >= 1) return `+${format.duration(pause)}`
  return step ? format.time(step.started_at) : ''
}
