import { describe, expect, it } from 'vitest'
import {
  addNode,
  connect,
  disconnect,
  following,
  freeKey,
  moveNodes,
  readDocument,
  readingOrder,
  removeNodes,
  renameNode,
  same,
  setConfig,
  type WorkflowDocument,
} from './document'

const node = (key: string, block = key) => ({ key, block, config: {}, position: { x: 0, y: 0 } })
const drawn = (keys: string, ...edges: string[]): WorkflowDocument => ({
  format: 1,
  nodes: keys.split(' ').map((key) => node(key)),
  edges: edges.map((edge) => {
    const [from = '', port = '', to = ''] = edge.split(' ')
    return { from, port, to }
  }),
  settings: {},
})
const edges = (document: WorkflowDocument) =>
  document.edges.map(({ from, port, to }) => `${from} ${port} ${to}`)
const straight = drawn('start a b', 'start next a', 'a next b')

describe('reading a document', () => {
  it.each([
    ['nothing', undefined],
    ['an empty one', {}],
  ])('fills in what is missing of %s', (_, raw) => {
    expect(readDocument(raw)).toEqual({ format: 1, nodes: [], edges: [], settings: {} })
  })
  it('keeps what it does not know', () => {
    expect(readDocument({ extra: 1, nodes: [{ key: 'α', block: 'x', more: 2 }] })).toMatchObject({
      extra: 1,
      nodes: [{ key: 'α', more: 2, config: {} }],
    })
  })
})

describe('a new node', () => {
  it('is put between two that were connected', () => {
    const made = addNode(straight, node('n'), { key: 'start', port: 'next' })
    expect(edges(made)).toEqual(['start next n', 'a next b', 'n next a'])
  })
  it('without an exit leaves what followed unconnected', () => {
    const made = addNode(straight, node('stop'), { key: 'start', port: 'next' }, null)
    expect(edges(made)).toEqual(['start next stop', 'a next b'])
  })
  it('goes on by the exit that is named', () => {
    const made = addNode(straight, node('if'), { key: 'a', port: 'next' }, 'true')
    expect(edges(made)).toContain('if true b')
  })
  it('may stand alone', () => {
    expect(edges(addNode(straight, node('n')))).toEqual(edges(straight))
  })
})

describe('connecting', () => {
  it('replaces where the exit led', () => {
    expect(edges(connect(straight, { key: 'start', port: 'next' }, 'b'))).toEqual([
      'start next b',
      'a next b',
    ])
  })
  it.each([
    ['to itself', 'a', 'a'],
    ['to START', 'a', 'start'],
    ['to where it leads already', 'a', 'b'],
  ])('%s changes nothing', (_, from, to) => {
    expect(connect(straight, { key: from, port: 'next' }, to)).toBe(straight)
  })
  it('is undone by disconnecting', () => {
    expect(edges(disconnect(straight, [{ key: 'a', port: 'next' }]))).toEqual(['start next a'])
    expect(disconnect(straight, [{ key: 'a', port: 'no' }])).toBe(straight)
  })
})

describe('removing', () => {
  it('joins the ends of a straight line', () => {
    expect(edges(removeNodes(straight, ['a']))).toEqual(['start next b'])
  })
  it('joins them over several nodes', () => {
    const long = drawn('start a b c', 'start next a', 'a next b', 'b next c')
    expect(edges(removeNodes(long, ['a', 'b']))).toEqual(['start next c'])
  })
  it('does not choose between two branches', () => {
    const fork = drawn('start if a b', 'start next if', 'if true a', 'if false b')
    expect(edges(removeNodes(fork, ['if']))).toEqual([])
  })
  it('takes no notice of the exit for failures', () => {
    const failing = drawn('start a b c', 'start next a', 'a next b', 'a error c')
    expect(edges(removeNodes(failing, ['a']))).toEqual(['start next b'])
  })
  it('never takes START, nor what is not there', () => {
    expect(removeNodes(straight, ['start', 'nobody'])).toBe(straight)
  })
})

describe('keys', () => {
  it.each([
    ['if', [], 'if'],
    ['if', ['if'], 'if_2'],
    ['if_2', ['if', 'if_2'], 'if_3'],
    ['Ελληνικά', [], 'block'],
    ['', [], 'block'],
    ['Send Mail!', [], 'send_mail_'],
  ])('%j beside %j becomes %j', (wanted, taken, made) => {
    expect(freeKey(wanted, new Set(taken))).toBe(made)
  })
})

describe('what does not change', () => {
  it('stays the same object', () => {
    expect(setConfig(straight, 'a', {})).toBe(straight)
    expect(renameNode(straight, 'a', '')).toBe(straight)
    expect(moveNodes(straight, new Map([['a', { x: 0, y: 0 }]]))).toBe(straight)
  })
  it('moving changes only what moved', () => {
    const moved = moveNodes(straight, new Map([['a', { x: 16, y: 0 }]]))
    expect(moved.nodes[0]).toBe(straight.nodes[0])
    expect(moved.nodes[1]?.position).toEqual({ x: 16, y: 0 })
  })
})

describe('walking', () => {
  it('follows circles once', () => {
    const round = drawn('start a b', 'start next a', 'a next b', 'b next a')
    expect([...following(round, 'a')].toSorted()).toEqual(['a', 'b'])
  })
  it('reads along the connections, then what is loose', () => {
    const fork = drawn('z start b a if', 'start next if', 'if true a', 'if false b')
    expect(readingOrder(fork).map((one) => one.key)).toEqual(['start', 'if', 'a', 'b', 'z'])
  })
})

describe('sameness', () => {
  it.each([
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: undefined }, {}, true],
    [[], {}, false],
    [null, {}, false],
    ['ä', 'ä', true],
  ])('%j and %j: %s', (one, other, equal) => {
    expect(same(one, other)).toBe(equal)
  })
})
