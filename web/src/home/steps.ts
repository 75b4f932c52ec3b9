import type { Steps } from '../api'
import { home as t } from '../text/home'

/** The key under which it is kept that a person has hidden the first steps. */
export const PREFERENCE = 'first_steps_hidden'

export interface Step {
  key: string
  to: string
  done: boolean
  words: { title: string; about: string; deed: string }
  /** Another way to the same. */
  also?: { to: string; deed: string }
}

/** The first steps in their order; setting things up is for administrators. */
export function stepsOf(steps: Steps, administrator: boolean): Step[] {
  const { modules, mail, workflow, people } = t.start.steps
  const drawing = {
    key: 'workflow',
    to: '/workflows?new=1',
    done: steps.active_workflows,
    words: workflow,
    also: { to: '/gallery', deed: t.start.gallery },
  }
  if (!administrator) return [drawing]
  return [
    { key: 'modules', to: '/settings/modules', done: steps.modules || steps.packs, words: modules },
    { key: 'mail', to: '/settings/mail', done: steps.mail, words: mail },
    drawing,
    { key: 'people', to: '/settings/users', done: steps.people, words: people },
  ]
}

/** Whether they are worth the room: something is left to do, and nobody said that it is not wanted. */
export function wantsSteps(steps: readonly Step[], hidden: unknown): boolean {
  return hidden !== true && steps.some((step) => !step.done)
}
