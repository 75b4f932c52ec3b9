import { expect, test } from 'vitest'
import type { DifferencesOut, NodeDifferenceOut } from '../../api'
import { isSame, marksOf } from './changes'

const node = (key: string, change: NodeDifferenceOut['change']): NodeDifferenceOut => ({
  key,
  change,
  before: null,
  after: null,
  parts: [],
})
const FOUND: DifferencesOut = {
  nodes: [node('new', 'added'), node('old', 'removed'), node('both', 'changed')],
  edges: [],
  settings: [],
}

test('each side marks what it has', () => {
  expect([...marksOf(FOUND, 'before')]).toEqual([
    ['old', 'removed'],
    ['both', 'changed'],
  ])
  expect([...marksOf(FOUND, 'after')]).toEqual([
    ['new', 'added'],
    ['both', 'changed'],
  ])
  expect(marksOf(undefined, 'after').size).toBe(0)
})

test('a connection alone is a difference', () => {
  expect(isSame({ nodes: [], edges: [], settings: [] })).toBe(true)
  const edge = { change: 'added' as const, source: 'a', port: 'next', target: 'b' }
  expect(isSame({ nodes: [], edges: [edge], settings: [] })).toBe(false)
})
