/** A playbook as it is drawn, and what a person does to the drawing. Every deed gives a new drawing. */

export interface Step {
  key: string
  type: string
  name: string
  [more: string]: unknown
}

export interface Phase {
  key: string
  name: string
  steps: Step[]
}

export interface Drawing {
  phases: Phase[]
  [more: string]: unknown
}

/** The phase and the step that a playbook was born with: they are never removed. */
export interface Kept {
  phase: string
  step: string
}

export interface Place {
  phase: number
  step: number
}

/** What the server keeps, as a drawing; what is missing is empty. */
export function asDrawing(definition: Record<string, unknown>): Drawing {
  const phases = Array.isArray(definition.phases) ? (definition.phases as Phase[]) : []
  return { ...definition, phases: phases.map((one) => ({ ...one, steps: one.steps ?? [] })) }
}

const MOST = 40

/** A key like the name, unlike all others. */
export function freeKey(name: string, taken: ReadonlySet<string>, fallback: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
    .slice(0, MOST - 4)
    .replace(/_+$/, '')
  const base = plain || fallback
  for (let nr = 1; ; nr++) {
    const key = nr === 1 ? base : `${base}_${nr}`
    if (!taken.has(key)) return key
  }
}

const stepKeys = (drawing: Drawing) =>
  new Set(drawing.phases.flatMap((phase) => phase.steps.map((step) => step.key)))

/** Where a step stands; null: it is not there. */
export function placeOf(drawing: Drawing, key: string): Place | null {
  for (const [phase, one] of drawing.phases.entries()) {
    const step = one.steps.findIndex((other) => other.key === key)
    if (step >= 0) return { phase, step }
  }
  return null
}

/** A phase at the end. */
export function addPhase(drawing: Drawing, name: string): Drawing {
  const key = freeKey(name, new Set(drawing.phases.map((one) => one.key)), 'phase')
  return { ...drawing, phases: [...drawing.phases, { key, name, steps: [] }] }
}

function withPhase(drawing: Drawing, at: number, change: (phase: Phase) => Phase): Drawing {
  return { ...drawing, phases: drawing.phases.map((one, nr) => (nr === at ? change(one) : one)) }
}

export function renamePhase(drawing: Drawing, at: number, name: string): Drawing {
  return withPhase(drawing, at, (phase) => ({ ...phase, name }))
}

export function removePhase(drawing: Drawing, at: number): Drawing {
  return { ...drawing, phases: drawing.phases.filter((_one, nr) => nr !== at) }
}

/** A phase to another place; places that are not there change nothing. */
export function movePhase(drawing: Drawing, from: number, to: number): Drawing {
  if (from === to || to < 0 || to >= drawing.phases.length) return drawing
  const phases = [...drawing.phases]
  phases.splice(to, 0, ...phases.splice(from, 1))
  return { ...drawing, phases }
}

/** A step at the end of a phase, and its key. */
export function addStep(drawing: Drawing, at: number, type: string, name: string): [Drawing, string] {
  const key = freeKey(name, stepKeys(drawing), 'step')
  const step: Step = { type, key, name }
  return [withPhase(drawing, at, (phase) => ({ ...phase, steps: [...phase.steps, step] })), key]
}

/** The same step once more, below it, under a key of its own. */
export function duplicateStep(drawing: Drawing, place: Place): [Drawing, string | null] {
  const step = drawing.phases[place.phase]?.steps[place.step]
  if (!step) return [drawing, null]
  const key = freeKey(step.key.replace(/_\d+$/, ''), stepKeys(drawing), 'step')
  const copy = { ...structuredClone(step), key }
  return [
    withPhase(drawing, place.phase, (phase) => ({
      ...phase,
      steps: phase.steps.toSpliced(place.step + 1, 0, copy),
    })),
    key,
  ]
}

export function changeStep(drawing: Drawing, key: string, step: Step): Drawing {
  const place = placeOf(drawing, key)
  if (!place) return drawing
  return withPhase(drawing, place.phase, (phase) => ({ ...phase, steps: phase.steps.with(place.step, step) }))
}

/** Without the step; whatever was done only after it, if it was a decision, is done always. */
export function removeStep(drawing: Drawing, key: string): Drawing {
  const phases = drawing.phases.map((phase) => ({
    ...phase,
    steps: phase.steps.filter((one) => one.key !== key).map((one) => withoutCondition(one, key)),
  }))
  return { ...drawing, phases }
}

function withoutCondition(step: Step, key: string): Step {
  const asked = step.only_if as { step?: unknown } | null | undefined
  if (asked?.step !== key) return step
  const { only_if: _gone, ...rest } = step
  return rest as Step
}

/**
 * A step to another place: `to.step` is where it stands among the steps that are there now. The step that the
 * playbook was born with stays in its phase.
 */
export function moveStep(drawing: Drawing, from: Place, to: Place, kept: Kept): Drawing {
  const step = drawing.phases[from.phase]?.steps[from.step]
  const target = drawing.phases[to.phase]
  if (!step || !target || (step.key === kept.step && from.phase !== to.phase)) return drawing
  const before = from.phase === to.phase && from.step < to.step ? to.step - 1 : to.step
  if (from.phase === to.phase && before === from.step) return drawing
  const without = withPhase(drawing, from.phase, (phase) => ({
    ...phase,
    steps: phase.steps.toSpliced(from.step, 1),
  }))
  return withPhase(without, to.phase, (phase) => ({
    ...phase,
    steps: phase.steps.toSpliced(before, 0, step),
  }))
}

/** The decisions before a step: it may depend on them. */
export function decisionsBefore(drawing: Drawing, key: string): Step[] {
  const all = drawing.phases.flatMap((phase) => phase.steps)
  return all
    .slice(
      0,
      all.findIndex((one) => one.key === key),
    )
    .filter((one) => one.type === 'decide')
}

/** Another type: only what every step has goes over. */
export function retype(step: Step, type: string): Step {
  const { key, name, only_if } = step
  return { type, key, name, ...(only_if ? { only_if } : {}) }
}

/** What stands at a pointer into the definition: a step, a phase, or the settings. */
export function partAt(drawing: Drawing, path: string): { step?: Step; phase?: Phase } {
  const [, first, phase, second, step] = path.split('/')
  if (first !== 'phases') return {}
  const column = drawing.phases[Number(phase)]
  if (second !== 'steps') return { phase: column }
  return { phase: column, step: column?.steps[Number(step)] }
}
