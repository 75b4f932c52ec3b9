import { describe, expect, it } from 'vitest'
import {
  addPhase,
  addStep,
  asDrawing,
  changeStep,
  type Drawing,
  decisionsBefore,
  duplicateStep,
  freeKey,
  movePhase,
  moveStep,
  partAt,
  placeOf,
  removePhase,
  removeStep,
  renamePhase,
  retype,
} from './drawing'

const kept = { phase: 'one', step: 'a' }
const step = (key: string, more = {}) => ({ key, type: 'manual', name: key.toUpperCase(), ...more })
const drawn = (): Drawing => ({
  format: 1,
  phases: [
    { key: 'one', name: 'One', steps: [step('a'), step('b'), step('c', { type: 'decide' })] },
    { key: 'two', name: 'Two', steps: [step('d', { only_if: { step: 'c', decision: 'approved' } })] },
    { key: 'three', name: 'Three', steps: [] },
  ],
})
const keys = (drawing: Drawing) => drawing.phases.map((one) => one.steps.map((other) => other.key).join(''))

describe('keys', () => {
  it.each([
    ['Call the customer', 'call_the_customer'],
    ['  2nd call ', 'nd_call'],
    ['Ακρόαση', 'step'],
    ['', 'step'],
    ['Überprüfung', 'uberprufung'],
    ['x'.repeat(90), 'x'.repeat(36)],
  ])('of %j is %s', (name, key) => expect(freeKey(name, new Set(), 'step')).toBe(key))
  it('are unlike all others', () => expect(freeKey('A', new Set(['a', 'a_2']), 'step')).toBe('a_3'))
})

describe('steps', () => {
  it.each([
    ['down in its phase', { phase: 0, step: 1 }, { phase: 0, step: 3 }, ['acb', 'd', '']],
    ['up in its phase', { phase: 0, step: 2 }, { phase: 0, step: 0 }, ['cab', 'd', '']],
    ['to an empty phase', { phase: 0, step: 1 }, { phase: 2, step: 0 }, ['ac', 'd', 'b']],
    ['before one of another phase', { phase: 0, step: 1 }, { phase: 1, step: 0 }, ['ac', 'bd', '']],
    ['where it is', { phase: 0, step: 1 }, { phase: 0, step: 2 }, ['abc', 'd', '']],
    ['nowhere', { phase: 0, step: 1 }, { phase: 9, step: 0 }, ['abc', 'd', '']],
    ['the first one within its phase', { phase: 0, step: 0 }, { phase: 0, step: 2 }, ['bac', 'd', '']],
    ['the first one to another phase', { phase: 0, step: 0 }, { phase: 1, step: 0 }, ['abc', 'd', '']],
  ])('move %s', (_words, from, to, after) => expect(keys(moveStep(drawn(), from, to, kept))).toEqual(after))

  it('are added at the end, under a key of their own', () => {
    const [after, key] = addStep(drawn(), 1, 'file', 'A')
    expect(key).toBe('a_2')
    expect(after.phases[1]?.steps.at(-1)).toEqual({ key: 'a_2', type: 'file', name: 'A' })
  })
  it('are duplicated below themselves', () => {
    const [after, key] = duplicateStep(drawn(), { phase: 0, step: 1 })
    expect(key).toBe('b_2')
    expect(keys(after)[0]).toBe('abb_2c')
    expect(duplicateStep(drawn(), { phase: 5, step: 1 })[1]).toBeNull()
  })
  it('lose the condition on a decision that is removed', () => {
    const after = removeStep(drawn(), 'c')
    expect(keys(after)).toEqual(['ab', 'd', ''])
    expect(after.phases[1]?.steps[0]).not.toHaveProperty('only_if')
  })
  it('can depend on decisions before them', () => {
    expect(decisionsBefore(drawn(), 'd').map((one) => one.key)).toEqual(['c'])
    expect(decisionsBefore(drawn(), 'b')).toEqual([])
  })
  it('keep name and place when their type changes', () => {
    const manual = step('x', { description: 'Old', only_if: { step: 'c', decision: 'rejected' } })
    expect(retype(manual, 'email')).toEqual({
      key: 'x',
      type: 'email',
      name: 'X',
      only_if: { step: 'c', decision: 'rejected' },
    })
  })
  it('are found and changed by their key', () => {
    expect(placeOf(drawn(), 'd')).toEqual({ phase: 1, step: 0 })
    expect(placeOf(drawn(), 'z')).toBeNull()
    expect(changeStep(drawn(), 'd', step('d', { name: 'New' })).phases[1]?.steps[0]?.name).toBe('New')
    expect(changeStep(drawn(), 'z', step('z'))).toEqual(drawn())
  })
})

describe('phases', () => {
  it.each([
    [0, 2, ['d', '', 'abc']],
    [2, 0, ['', 'abc', 'd']],
    [1, 9, ['abc', 'd', '']],
    [0, -1, ['abc', 'd', '']],
  ])('move from %i to %i', (from, to, after) => expect(keys(movePhase(drawn(), from, to))).toEqual(after))
  it('are added, renamed, removed', () => {
    const more = addPhase(drawn(), 'Two')
    expect(more.phases.at(-1)).toEqual({ key: 'two_2', name: 'Two', steps: [] })
    expect(renamePhase(more, 0, 'Πρώτα').phases[0]?.name).toBe('Πρώτα')
    expect(keys(removePhase(more, 1))).toEqual(['abc', '', ''])
  })
})

it('a problem is at a step, a phase, or the whole', () => {
  expect(partAt(drawn(), '/phases/1/steps/0/planned').step?.key).toBe('d')
  expect(partAt(drawn(), '/phases/1/key').phase?.key).toBe('two')
  expect(partAt(drawn(), '/exit/field')).toEqual({})
  expect(partAt(drawn(), '/phases/9/steps/1')).toEqual({ phase: undefined, step: undefined })
})

it('a definition without phases is drawn empty', () => expect(asDrawing({ format: 1 }).phases).toEqual([]))
