import { Text, VisuallyHidden } from '@mantine/core'
import { IconCircle, IconCircleCheck, IconCircleDot } from '@tabler/icons-react'
import type { ScaleUpOut } from '../../api'
import { stages as t } from '../../text/stages'
import classes from './stages.module.css'

const SIGNS = { done: IconCircleCheck, current: IconCircleDot, ahead: IconCircle }

/** Where one stands on the way from a few records to all. */
export function StepsLine({ scaleUp }: { scaleUp: ScaleUpOut }) {
  const reached = Math.max(0, ...scaleUp.stages.map((stage) => stage.step))
  const decided = scaleUp.stages.at(-1)?.approved_at != null
  const over = scaleUp.status === 'finished'
  const current = scaleUp.status === 'open' ? (decided ? reached + 1 : reached) : 1
  return (
    <ol className={classes.steps} aria-label={t.steps}>
      {t.step.map((name, index) => {
        const nr = index + 1
        const state = over || nr < current ? 'done' : nr === current ? 'current' : 'ahead'
        const Sign = SIGNS[state]
        return (
          <li
            key={name}
            className={classes.step}
            data-state={state}
            aria-current={state === 'current' ? 'step' : undefined}
          >
            <span className={classes.stepName}>
              <Sign size={16} aria-hidden /> {name}
              <VisuallyHidden>, {t.state[state]}</VisuallyHidden>
            </span>
            <Text size="xs" c="dimmed">
              {t.stepAbout[index]}
            </Text>
          </li>
        )
      })}
    </ol>
  )
}
