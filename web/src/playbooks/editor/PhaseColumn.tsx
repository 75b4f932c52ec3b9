import { ActionIcon, Button, Group, Menu, Text, TextInput, Title } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { confirm } from '../../parts/confirm'
import { playbooks as t } from '../../text/playbooks'
import type { BoardProps } from './Board'
import classes from './Board.module.css'
import { addStep, movePhase, type Phase, type Place, removePhase, renamePhase } from './drawing'
import { signOf } from './kinds'
import { Reasoned } from './Reasoned'
import { StepCard } from './StepCard'
import type { Dragging } from './useDragging'

export interface ColumnProps extends BoardProps {
  phase: Phase
  at: number
  wrong: ReadonlySet<string | undefined>
  dragging: Dragging
  onMove: (from: Place, to: Place) => void
}

/** A phase: its name, its steps, and a place for one more. */
export function PhaseColumn(props: ColumnProps) {
  const { phase, at, dragging, drawing } = props
  const over = dragging.dragged?.kind === 'phase' && dragging.over?.phase === at
  return (
    <section
      className={classes.column}
      aria-label={phase.name}
      data-over={over || undefined}
      data-testid={`phase-${phase.key}`}
      onDragOver={(event) => dragging.above(event, { phase: at, step: phase.steps.length })}
      onDrop={dragging.drop}
    >
      <Head {...props} />
      <ol className={classes.steps}>
        {phase.steps.map((step, nr) => (
          <StepCard key={step.key} {...props} step={step} place={{ phase: at, step: nr }} />
        ))}
        {phase.steps.length === 0 && (
          <Text component="li" size="xs" c="dimmed" p={4}>
            {t.emptyPhase}
          </Text>
        )}
      </ol>
      <NewStep {...props} key={drawing.phases.length} />
    </section>
  )
}

function Head({ phase, at, drawing, onChange, kept, dragging, onChoose }: ColumnProps) {
  const [renaming, setRenaming] = useState(false)
  const first = phase.key === kept.phase
  const holds = !first && phase.steps.some((one) => one.key === kept.step)
  const why = first ? t.keptPhase : holds ? t.holdsKept : null
  const remove = async () => {
    const about = t.removePhaseAbout(phase.steps.length)
    const question = { title: t.removePhaseTitle(phase.name), about, yes: t.remove, danger: true }
    if (phase.steps.length > 0 && !(await confirm(question))) return
    onChoose(null)
    onChange(removePhase(drawing, at))
  }
  if (renaming)
    return (
      <PhaseName
        name={phase.name}
        onDone={(name) => {
          setRenaming(false)
          if (name && name !== phase.name) onChange(renamePhase(drawing, at, name))
        }}
      />
    )
  return (
    <Group
      gap={4}
      wrap="nowrap"
      justify="space-between"
      className={classes.head}
      draggable
      onDragStart={(event) => dragging.begin(event, { kind: 'phase', phase: at })}
      onDragEnd={dragging.end}
    >
      <Title order={2} fz="sm" pl={4} className={classes.name} dir="auto">
        {phase.name}
      </Title>
      <Menu width={230} position="bottom-end" returnFocus>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t.phaseMenu(phase.name)}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setRenaming(true)}>
            {t.rename}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowLeft size={15} />}
            disabled={at === 0}
            onClick={() => onChange(movePhase(drawing, at, at - 1))}
          >
            {t.moveLeft}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowRight size={15} />}
            disabled={at === drawing.phases.length - 1}
            onClick={() => onChange(movePhase(drawing, at, at + 1))}
          >
            {t.moveRight}
          </Menu.Item>
          <Reasoned why={why} color="red" leftSection={<IconTrash size={15} />} onClick={remove}>
            {t.remove}
          </Reasoned>
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}

function PhaseName({ name, onDone }: { name: string; onDone: (name: string | null) => void }) {
  const [typed, setTyped] = useState(name)
  return (
    <TextInput
      size="xs"
      aria-label={t.phaseName}
      autoFocus
      maxLength={200}
      value={typed}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => onDone(typed.trim() || null)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onDone(typed.trim() || null)
        if (event.key === 'Escape') onDone(null)
      }}
    />
  )
}

function NewStep({ phase, at, drawing, onChange, types, onChoose }: ColumnProps) {
  const add = (type: string) => {
    const [after, key] = addStep(drawing, at, type, types.find((one) => one.type === type)?.label ?? type)
    onChange(after)
    onChoose(key)
  }
  return (
    <Menu width={240} position="bottom-start">
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          aria-label={t.newStepIn(phase.name)}
        >
          {t.newStep}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {types.map((one) => {
          const Sign = signOf(one.type)
          return (
            <Menu.Item key={one.type} leftSection={<Sign size={16} />} onClick={() => add(one.type)}>
              {one.label}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
