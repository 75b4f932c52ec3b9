import { ActionIcon, Group, Menu, Text, UnstyledButton } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowLeft,
  IconArrowRight,
  IconArrowUp,
  IconCopy,
  IconDots,
  IconTrash,
} from '@tabler/icons-react'
import { playbooks as t } from '../../text/playbooks'
import { spoken } from '../spoken'
import classes from './Board.module.css'
import { duplicateStep, type Place, placeOf, removeStep, type Step } from './drawing'
import { signOf } from './kinds'
import type { ColumnProps } from './PhaseColumn'
import { Reasoned } from './Reasoned'
import { stepBelow } from './useDragging'

export interface CardProps extends ColumnProps {
  step: Step
  place: Place
}

/** A step: what it is called and of which type; a click opens its form. */
export function StepCard(props: CardProps) {
  const { step, place, dragging, chosen, onChoose, wrong, types, phase } = props
  const { dragged, over } = dragging
  const Sign = signOf(step.type)
  const type = types.find((one) => one.type === step.type)
  const mine =
    dragged?.kind === 'step' && dragged.place.phase === place.phase && dragged.place.step === place.step
  const here = dragged?.kind === 'step' && over?.phase === place.phase
  const last = place.step === phase.steps.length - 1
  const drop = !here
    ? undefined
    : over.step === place.step
      ? 'before'
      : last && over.step > place.step
        ? 'after'
        : undefined
  return (
    <li
      className={classes.card}
      data-testid={`step-${step.key}`}
      data-chosen={chosen === step.key || undefined}
      data-wrong={wrong.has(step.key) || undefined}
      data-dragged={mine || undefined}
      data-drop={drop}
      draggable
      onDragStart={(event) => dragging.begin(event, { kind: 'step', place })}
      onDragEnd={dragging.end}
      onDragOver={(event) =>
        dragging.above(event, { phase: place.phase, step: stepBelow(event, place.step) })
      }
      onDrop={dragging.drop}
    >
      <Group gap={6} wrap="nowrap" align="flex-start">
        <Sign size={16} stroke={1.6} aria-hidden style={{ flex: 'none', marginTop: 3 }} />
        <UnstyledButton
          className={classes.open}
          aria-expanded={chosen === step.key}
          onClick={() => onChoose(chosen === step.key ? null : step.key)}
        >
          <Text size="sm" fw={500} className={classes.name} dir="auto">
            {spoken(step.name)}
          </Text>
          <Text size="xs" c="dimmed">
            {type?.label ?? step.type}
          </Text>
          {step.only_if !== undefined && step.only_if !== null && (
            <Text size="xs" c="dimmed">
              {condition(props)}
            </Text>
          )}
        </UnstyledButton>
        <StepMenu {...props} />
      </Group>
    </li>
  )
}

function condition({ step, drawing }: CardProps): string {
  const asked = step.only_if as { step: string; decision: string }
  const place = placeOf(drawing, asked.step)
  const name = (place && drawing.phases[place.phase]?.steps[place.step]?.name) ?? asked.step
  return `${t.onlyIf} ${asked.decision === 'rejected' ? t.rejectedOf(spoken(name)) : t.approvedOf(spoken(name))}`
}

function StepMenu(props: CardProps) {
  const { step, place, phase, drawing, kept, onMove, onChange, onChoose, chosen } = props
  const first = step.key === kept.step
  const aside = (by: number) => {
    const phase = place.phase + by
    onMove(place, { phase, step: Math.min(place.step, drawing.phases[phase]?.steps.length ?? 0) })
  }
  return (
    <Menu width={240} position="bottom-end" returnFocus>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          data-step-menu={step.key}
          aria-label={t.stepMenu(spoken(step.name))}
        >
          <IconDots size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconArrowUp size={15} />}
          disabled={place.step === 0}
          onClick={() => onMove(place, { ...place, step: place.step - 1 })}
        >
          {t.moveUp}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowDown size={15} />}
          disabled={place.step === phase.steps.length - 1}
          onClick={() => onMove(place, { ...place, step: place.step + 2 })}
        >
          {t.moveDown}
        </Menu.Item>
        {place.phase > 0 && (
          <Reasoned
            why={first ? t.keptStepMoves : null}
            leftSection={<IconArrowLeft size={15} />}
            onClick={() => aside(-1)}
          >
            {t.toPhaseBefore}
          </Reasoned>
        )}
        {place.phase < drawing.phases.length - 1 && (
          <Reasoned
            why={first ? t.keptStepMoves : null}
            leftSection={<IconArrowRight size={15} />}
            onClick={() => aside(1)}
          >
            {t.toPhaseAfter}
          </Reasoned>
        )}
        <Menu.Item
          leftSection={<IconCopy size={15} />}
          onClick={() => {
            const [after, key] = duplicateStep(drawing, place)
            onChange(after)
            onChoose(key)
          }}
        >
          {t.duplicate}
        </Menu.Item>
        <Reasoned
          why={first ? t.keptStep : null}
          color="red"
          leftSection={<IconTrash size={15} />}
          onClick={() => {
            if (chosen === step.key) onChoose(null)
            onChange(removeStep(drawing, step.key))
          }}
        >
          {t.remove}
        </Reasoned>
      </Menu.Dropdown>
    </Menu>
  )
}
