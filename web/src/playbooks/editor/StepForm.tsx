import { Box, CloseButton, Group, Select, Stack, Title } from '@mantine/core'
import { useMemo } from 'react'
import type { FaultOut, StepType } from '../../api'
import { type Config, NOWHERE, NodeForm, type Schema } from '../../form'
import { confirm } from '../../parts/confirm'
import { playbooks as t } from '../../text/playbooks'
import { spoken } from '../spoken'
import { changeStep, type Drawing, decisionsBefore, placeOf, retype, type Step } from './drawing'

interface Props {
  drawing: Drawing
  step: Step
  types: StepType[]
  module: string | null
  problems: FaultOut[]
  onChange: (drawing: Drawing) => void
  onClose: () => void
}

/** Exactly the fields that this type of step has, drawn from the server's schema of it. */
export function StepForm({ drawing, step, types, module, problems, onChange, onClose }: Props) {
  const type = types.find((one) => one.type === step.type)
  const place = placeOf(drawing, step.key)
  const below = useMemo(() => {
    const path = `/phases/${place?.phase}/steps/${place?.step}`
    return problems
      .filter((one) => one.path.startsWith(`${path}/`))
      .map((one) => ({ ...one, path: one.path.slice(path.length) }))
  }, [problems, place?.phase, place?.step])
  const schema = useMemo(() => only(type?.config), [type])
  const context = useMemo(() => ({ ...NOWHERE, module }), [module])
  const set = (next: Step) => onChange(changeStep(drawing, step.key, next))
  const change = async (next: string | null) => {
    if (!next || next === step.type) return
    const filled = Object.keys(step).some((key) => !['key', 'name', 'type', 'only_if'].includes(key))
    if (!filled || (await confirm({ title: t.changeTitle, about: t.changeAbout, yes: t.change })))
      set(retype(step, next))
  }
  const message = below
    .filter((one) => one.path.startsWith('/message/'))
    .map((one) => ({ ...one, path: one.path.slice('/message'.length) }))
  return (
    <Box component="section" aria-label={t.stepForm(spoken(step.name))} data-testid="step-form">
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Title order={2} fz="md">
          {type?.label ?? step.type}
        </Title>
        <CloseButton aria-label={t.close} onClick={onClose} />
      </Group>
      <Stack gap="sm">
        <NodeForm
          key={`${step.key} ${step.type}`}
          schema={schema}
          value={step}
          onChange={(next) => set({ ...next, key: step.key, type: step.type, name: textOf(next.name) })}
          context={context}
          problems={below}
        />
        {type?.message && (
          <div data-path="/message">
            <NodeForm
              key={`message ${step.key}`}
              schema={type.message}
              value={isConfig(step.message) ? step.message : {}}
              onChange={(next) => set({ ...step, message: next })}
              context={context}
              problems={message}
            />
          </div>
        )}
        <OnlyIf drawing={drawing} step={step} onChange={set} />
        <Select
          label={t.type}
          data={types.map((one) => ({ value: one.type, label: one.label }))}
          value={step.type}
          onChange={change}
          allowDeselect={false}
        />
      </Stack>
    </Box>
  )
}

/** Key and type are not filled in; a message and a condition have inputs of their own. */
const APART = new Set(['key', 'type', 'message', 'only_if'])

function only(config: unknown): Schema {
  const schema = (config ?? {}) as Schema
  const kept = Object.entries(schema.properties ?? {}).filter(([key]) => !APART.has(key))
  return { ...schema, properties: Object.fromEntries(kept) }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
const isConfig = (value: unknown): value is Config => typeof value === 'object' && value !== null

function OnlyIf({
  drawing,
  step,
  onChange,
}: {
  drawing: Drawing
  step: Step
  onChange: (step: Step) => void
}) {
  const decisions = decisionsBefore(drawing, step.key)
  const asked = step.only_if as { step: string; decision: string } | null | undefined
  if (decisions.length === 0 && !asked) return null
  const data = decisions.flatMap((one) => [
    { value: `${one.key} approved`, label: t.approvedOf(spoken(one.name)) },
    { value: `${one.key} rejected`, label: t.rejectedOf(spoken(one.name)) },
  ])
  const value = asked ? `${asked.step} ${asked.decision}` : null
  if (value && !data.some((one) => one.value === value)) data.push({ value, label: asked?.step ?? '' })
  const change = (next: string | null) => {
    const { only_if: _before, ...rest } = step
    const [of, decision] = next?.split(' ') ?? []
    onChange(of ? { ...(rest as Step), only_if: { step: of, decision } } : (rest as Step))
  }
  return (
    <Select
      label={t.onlyIf}
      description={t.onlyIfAbout}
      data={data}
      value={value}
      onChange={change}
      placeholder={t.always}
      clearable
    />
  )
}
