import { Button, VisuallyHidden } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { FaultOut, StepType } from '../../api'
import { playbooks as t } from '../../text/playbooks'
import { spoken } from '../spoken'
import classes from './Board.module.css'
import { addPhase, type Drawing, type Kept, movePhase, moveStep, type Place, partAt } from './drawing'
import { PhaseColumn } from './PhaseColumn'
import { useDragging } from './useDragging'

export interface BoardProps {
  drawing: Drawing
  onChange: (drawing: Drawing) => void
  kept: Kept
  types: StepType[]
  problems: FaultOut[]
  /** The key of the step whose form is open. */
  chosen: string | null
  onChoose: (key: string | null) => void
}

/** Phases as columns, steps as cards: dragged with the mouse, moved from their menus with the keyboard. */
export function Board(props: BoardProps) {
  const { drawing, onChange, kept, problems } = props
  const [said, setSaid] = useState('')
  const [focused, setFocused] = useState<string | null>(null)
  const dragging = useDragging((dragged, to) => {
    if (dragged.kind === 'step') onChange(moveStep(drawing, dragged.place, to, kept))
    else onChange(movePhase(drawing, dragged.phase, to.phase))
  })
  useEffect(() => {
    if (!focused) return
    // After the menu has given the focus back to where the card was.
    const timer = setTimeout(() => {
      document.querySelector<HTMLElement>(`[data-step-menu="${focused}"]`)?.focus()
      setFocused(null)
    }, 60)
    return () => clearTimeout(timer)
  }, [focused])
  const move = (from: Place, to: Place) => {
    const step = drawing.phases[from.phase]?.steps[from.step]
    const after = moveStep(drawing, from, to, kept)
    if (!step || after === drawing) return
    onChange(after)
    const phase = after.phases[to.phase]
    const at = phase?.steps.findIndex((one) => one.key === step.key) ?? 0
    setSaid(t.moved(spoken(step.name), phase?.name ?? '', at + 1, phase?.steps.length ?? 0))
    setFocused(step.key)
  }
  const wrong = new Set(problems.map((one) => partAt(drawing, one.path).step?.key))
  return (
    // biome-ignore lint/a11y/useSemanticElements: columns side by side, not a fieldset
    <div className={classes.board} role="group" aria-label={t.board} data-testid="playbook-board">
      {drawing.phases.map((phase, at) => (
        <PhaseColumn
          key={phase.key}
          {...props}
          phase={phase}
          at={at}
          wrong={wrong}
          dragging={dragging}
          onMove={move}
        />
      ))}
      <Button
        flex="0 0 auto"
        variant="default"
        leftSection={<IconPlus size={15} />}
        onClick={() => onChange(addPhase(drawing, t.phaseNamed(drawing.phases.length + 1)))}
      >
        {t.newPhase}
      </Button>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </div>
  )
}
