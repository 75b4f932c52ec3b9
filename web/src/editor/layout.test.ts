import { describe, expect, it } from 'vitest'
import type { WorkflowDocument } from './document'
import { arranged, type Exits, freePlace, HEIGHT, sizeOf, WIDTH, withPlaces } from './layout'

const TWO = [
  { key: 'true', label: 'True' },
  { key: 'false', label: 'False' },
]
const ONE = [{ key: 'next', label: 'Next' }]
const exitsOf: Exits = (node) => (node.block === 'if' ? TWO : ONE)
const drawn = (keys: string, ...edges: string[]): WorkflowDocument => ({
  format: 1,
  nodes: keys.split(' ').map((key) => ({ key, block: key.replace(/\d/, ''), config: {} })),
  edges: edges.map((edge) => {
    const [from = '', port = '', to = ''] = edge.split(' ')
    return { from, port, to }
  }),
  settings: {},
})

describe('arranging', () => {
  const forks = drawn(
    'start if a b if2 c d',
    'start next if',
    'if false b',
    'if true a',
    'b next if2',
    'if2 true c',
    'if2 false d',
  )
  const places = arranged(forks, exitsOf)
  const at = (key: string) => places.get(key) ?? { x: Number.NaN, y: Number.NaN }

  it('goes from top to bottom, START at the origin', () => {
    expect(at('start')).toEqual({ x: -WIDTH / 2, y: 0 })
    expect(at('if').y).toBeGreaterThan(at('start').y + HEIGHT)
    expect(at('c').y).toBeGreaterThan(at('if2').y)
  })
  it.each([
    ['a', 'b'],
    ['c', 'd'],
  ])('puts what follows by true left of what follows by false: %s, %s', (left, right) => {
    expect(at(left).x).toBeLessThan(at(right).x)
  })
  it('gives places to what has none, and leaves the others', () => {
    const known = { x: 5, y: 7 }
    const [first, ...rest] = forks.nodes
    const nodes = [...(first ? [{ ...first, position: known }] : []), ...rest]
    const placed = withPlaces({ ...forks, nodes }, exitsOf)
    expect(placed.nodes[0]?.position).toEqual(known)
    expect(placed.nodes.every((node) => node.position)).toBe(true)
    expect(withPlaces(placed, exitsOf)).toBe(placed)
  })
  it('takes an empty document', () => {
    expect(arranged({ format: 1, nodes: [], edges: [], settings: {} }, exitsOf).size).toBe(0)
  })
})

it('a free place is not upon another card', () => {
  const placed = withPlaces(drawn('start a', 'start next a'), exitsOf)
  const taken = placed.nodes[1]?.position ?? { x: 0, y: 0 }
  expect(freePlace(placed, exitsOf, taken).x).toBeGreaterThanOrEqual(taken.x + sizeOf(1).width)
})

it('two blocks that two others lead to the other way round are placed all the same', () => {
  const crossed = drawn('start if if2 c d', 'start next if', 'if true if2', 'if2 true c', 'if2 false d')
  const back = { ...crossed, edges: [...crossed.edges, { from: 'c', port: 'next', to: 'if' }] }
  const asked = { ...back, nodes: [...back.nodes, { key: 'if3', block: 'if', config: {} }] }
  const edges = [
    ...asked.edges,
    { from: 'if3', port: 'true', to: 'd' },
    { from: 'if3', port: 'false', to: 'c' },
  ]
  const places = arranged({ ...asked, edges }, exitsOf)
  expect([...places.values()].every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
  expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(6)
})
