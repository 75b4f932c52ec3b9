import { ActionIcon, Box, Button, Group, Paper, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { FaultOut, StrategySchema } from '../../api'
import { type Config, NOWHERE, NodeForm, type Schema } from '../../form'
import { strategies as t } from '../../text/strategies'
import { freeKey } from '../editor/drawing'

export interface Step {
  key: string
  name: string
  type?: string
  amount?: number
  unit?: string
  message?: Config
  [more: string]: unknown
}

interface Props {
  schema: StrategySchema
  module: string
  steps: Step[]
  problems: FaultOut[]
  onChange: (steps: Step[]) => void
}

/** What is done so long after the date; each step opens to be filled in. */
export function StrategySteps({ schema, module, steps, problems, onChange }: Props) {
  const [open, setOpen] = useState<string | null>(null)
  const add = () => {
    const name = t.stepNamed(steps.length + 1)
    const key = freeKey(name, new Set(steps.map((one) => one.key)), 'step')
    onChange([...steps, { key, name, amount: 5, type: 'email' }])
    setOpen(key)
  }
  return (
    <Paper className="surface" p="md" component="section" aria-label={t.steps}>
      <Title order={2} fz="md" mb="xs">
        {t.steps}
      </Title>
      <Stack gap="xs">
        {steps.length === 0 && (
          <Text size="sm" c="dimmed">
            {t.noSteps}
          </Text>
        )}
        {steps.map((step, at) => (
          <StepBox
            key={step.key}
            schema={schema}
            module={module}
            step={step}
            problems={problems
              .filter((one) => one.path.startsWith(`/steps/${at}/`))
              .map((one) => ({ ...one, path: one.path.slice(`/steps/${at}`.length) }))}
            open={open === step.key}
            onOpen={() => setOpen(open === step.key ? null : step.key)}
            onChange={(next) => onChange(steps.with(at, next))}
            onRemove={() => onChange(steps.toSpliced(at, 1))}
          />
        ))}
        <Group>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={add}>
            {t.addStep}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

interface BoxProps {
  schema: StrategySchema
  module: string
  step: Step
  problems: FaultOut[]
  open: boolean
  onOpen: () => void
  onChange: (step: Step) => void
  onRemove: () => void
}

function StepBox({ schema, module, step, problems, open, onOpen, onChange, onRemove }: BoxProps) {
  const of = useMemo(() => stepSchema(schema.definition), [schema])
  const context = useMemo(() => ({ ...NOWHERE, module }), [module])
  const type = step.type ?? 'email'
  const action = schema.actions.find((one) => one.type === type)
  const labels = of.properties?.unit?.['x-labels'] ?? {}
  const when = t.days(step.amount ?? 0, labels[step.unit ?? 'days'] ?? 'days')
  const Sign = open ? IconChevronDown : IconChevronRight
  const ofMessage = problems
    .filter((one) => one.path.startsWith('/message/'))
    .map((one) => ({ ...one, path: one.path.slice('/message'.length) }))
  /** Another kind of step says something else. */
  const set = (next: Config) => {
    const same = (next.type ?? 'email') === type
    const { message, ...rest } = {
      ...next,
      key: step.key,
      name: typeof next.name === 'string' ? next.name : '',
    } as Step
    onChange(same && message ? { ...rest, message } : (rest as Step))
  }
  return (
    <Box
      style={{ border: '1px solid var(--line)', borderRadius: 8 }}
      p="xs"
      data-testid={`strategy-step-${step.key}`}
    >
      <Group justify="space-between" wrap="nowrap">
        <UnstyledButton onClick={onOpen} aria-expanded={open} flex={1} miw={0}>
          <Group gap={8} wrap="nowrap">
            <Sign size={16} aria-hidden style={{ flex: 'none' }} />
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={500} dir="auto" truncate>
                {step.name}
              </Text>
              <Text size="xs" c={problems.length > 0 ? 'var(--mantine-color-error)' : 'dimmed'}>
                {when}, {action?.label ?? type}
              </Text>
            </div>
          </Group>
        </UnstyledButton>
        <ActionIcon variant="subtle" color="gray" aria-label={t.removeStep(step.name)} onClick={onRemove}>
          <IconTrash size={16} />
        </ActionIcon>
      </Group>
      {open && (
        <Stack gap="sm" mt="sm">
          <NodeForm schema={of} value={step} onChange={set} context={context} problems={problems} />
          {action && (
            <NodeForm
              key={type}
              schema={action.message}
              value={step.message ?? {}}
              onChange={(message) => onChange({ ...step, message })}
              context={context}
              problems={ofMessage}
            />
          )}
        </Stack>
      )}
    </Box>
  )
}

/** The step's own fields; what it says has a form of its own. */
function stepSchema(definition: Schema): Schema {
  const step = definition.$defs?.StrategyStep ?? {}
  const { key: _key, message: _message, ...properties } = step.properties ?? {}
  return { ...step, properties, $defs: definition.$defs ?? {} }
}
