import { describe, expect, it } from 'vitest'
import type { Steps } from '../api'
import { stepsOf, wantsSteps } from './steps'

const none: Steps = {
  modules: false,
  workflows: false,
  active_workflows: false,
  runs: false,
  mail: false,
  packs: false,
  people: false,
}
const all: Steps = { ...none, modules: true, active_workflows: true, mail: true, people: true }

describe('the first steps', () => {
  it('are four for an administrator and one for a builder', () => {
    expect(stepsOf(none, true).map((step) => step.key)).toEqual(['modules', 'mail', 'workflow', 'people'])
    expect(stepsOf(none, false).map((step) => step.key)).toEqual(['workflow'])
  })

  it('take a loaded pack for modules', () => {
    expect(stepsOf({ ...none, packs: true }, true)[0]?.done).toBe(true)
  })

  it.each([
    [none, undefined, true],
    [none, null, true],
    [none, true, false],
    [all, undefined, false],
  ])('%j, hidden: %s, are shown: %s', (steps, hidden, shown) => {
    expect(wantsSteps(stepsOf(steps, true), hidden)).toBe(shown)
  })
})
