import { describe, expect, it } from 'vitest'
import type { SentFile, SentFiles } from '../../api'
import { chosenOf, differentSince, inOrder, lossesOf, pathOf } from './plan'

const file = (name: string, action: SentFile['action'], more: Partial<SentFile> = {}): SentFile => ({
  source: name,
  file: `workflows/${name}.yaml`,
  kind: 'workflow',
  key: name,
  name,
  action,
  words: [],
  does: [],
  diff: [],
  lost: [],
  problems: [],
  etag: name,
  ...more,
})
const plan = (...documents: SentFile[]): SentFiles => ({
  plan: 'p',
  counts: { create: 0, change: 0, same: 0, remove: 0, refused: 0 },
  documents,
  ignored: [],
})

describe('a plan', () => {
  const all = plan(
    file('a', 'same'),
    file('b', 'create'),
    file('c', 'refused'),
    file('d', 'change', { lost: ['2 runs under way are cancelled.'] }),
    file('e', 'remove'),
  )

  it('applies what changes something and was not left out', () => {
    expect(chosenOf(all, new Set(['workflows/b.yaml'])).map((one) => one.key)).toEqual(['d', 'e'])
  })

  it('tells only the losses of what is chosen', () => {
    expect(lossesOf(chosenOf(all, new Set()))).toHaveLength(1)
    expect(lossesOf(chosenOf(all, new Set(['workflows/d.yaml'])))).toEqual([])
  })

  it('shows what needs a look first', () => {
    expect(inOrder(all.documents).map((one) => one.key)).toEqual(['c', 'e', 'd', 'b', 'a'])
  })

  it('marks what is not as it was', () => {
    const now = plan(file('a', 'same'), file('b', 'change', { etag: 'other' }), file('f', 'create'))
    expect([...differentSince(all, now)]).toEqual(['workflows/b.yaml', 'workflows/f.yaml'])
  })

  it('leads to what is there', () => {
    expect(pathOf(file('a', 'create'))).toBe('/workflows/a')
    expect(pathOf(file('a', 'remove'))).toBeNull()
    expect(pathOf({ kind: null, key: null, action: 'same' })).toBeNull()
  })
})
