import { describe, expect, it } from 'vitest'
import { connect, removeNodes, renameNode, setConfig, setSettings, type WorkflowDocument } from './document'
import { type Draft, differences, merge } from './merge'

const document: WorkflowDocument = {
  format: 1,
  nodes: ['start', 'a', 'b'].map((key) => ({ key, block: key, config: {}, position: { x: 0, y: 0 } })),
  edges: [{ from: 'start', port: 'next', to: 'a' }],
  settings: {},
}
const base: Draft = { name: 'Name', description: '', category: null, module: 'tickets', document }
const drawn = (change: (now: WorkflowDocument) => WorkflowDocument): Draft => ({
  ...base,
  document: change(document),
})
const added = (key: string, label: string) =>
  drawn((now) => ({ ...now, nodes: [...now.nodes, { key, block: 'if', label, config: {} }] }))

describe('differences', () => {
  it('tell what one side did', () => {
    const now = drawn((one) =>
      connect(renameNode(removeNodes(one, ['b']), 'a', 'Ä'), { key: 'start', port: 'x' }, 'a'),
    )
    const found = differences(base, { ...now, description: 'new' })
    expect(found.changed.map((node) => node.key)).toEqual(['a'])
    expect(found.removed.map((node) => node.key)).toEqual(['b'])
    expect(found).toMatchObject({ connections: 1, said: ['description'], added: [], moved: [] })
  })
  it('are none between equals', () => {
    expect(differences(base, structuredClone(base))).toMatchObject({ changed: [], connections: 0, said: [] })
  })
})

describe('merging', () => {
  it('keeps both where different nodes were touched', () => {
    const mine = drawn((now) => setConfig(now, 'a', { x: 1 }))
    const theirs = { ...drawn((now) => renameNode(now, 'b', 'Θ')), name: 'Other' }
    const { draft, clashes } = merge(base, mine, theirs)
    expect(clashes).toEqual([])
    expect(draft.name).toBe('Other')
    expect(draft.document.nodes.map((node) => [node.key, node.label, node.config])).toEqual([
      ['start', undefined, {}],
      ['a', undefined, { x: 1 }],
      ['b', 'Θ', {}],
    ])
  })
  it('asks where both changed the same node, and does as chosen', () => {
    const mine = drawn((now) => renameNode(now, 'a', 'mine'))
    const theirs = drawn((now) => renameNode(now, 'a', 'theirs'))
    const label = (choices?: Map<string, 'mine' | 'theirs'>) =>
      merge(base, mine, theirs, choices).draft.document.nodes[1]?.label
    expect(merge(base, mine, theirs).clashes.map((clash) => clash.key)).toEqual(['a'])
    expect(label()).toBe('theirs')
    expect(label(new Map([['a', 'mine']]))).toBe('mine')
  })
  it('asks where one removed what the other changed', () => {
    const mine = drawn((now) => removeNodes(now, ['a']))
    const theirs = drawn((now) => renameNode(now, 'a', 'theirs'))
    const { clashes } = merge(base, mine, theirs)
    expect(clashes[0]).toMatchObject({ kind: 'node', mine: undefined })
    const chosen = merge(base, mine, theirs, new Map([['a', 'mine']]))
    expect(chosen.draft.document.nodes.map((node) => node.key)).toEqual(['start', 'b'])
    expect(chosen.draft.document.edges).toEqual([])
  })
  it('keeps both new nodes that got the same key', () => {
    const { draft, clashes } = merge(base, added('if', 'mine'), added('if', 'theirs'))
    expect(clashes).toEqual([])
    expect(draft.document.nodes.slice(3).map((node) => [node.key, node.label])).toEqual([
      ['if', 'theirs'],
      ['if_2', 'mine'],
    ])
  })
  it('asks where an exit leads, and about settings', () => {
    const to = (key: string, priority: number) =>
      drawn((now) => setSettings(connect(now, { key: 'a', port: 'next' }, key), { priority }))
    const { clashes } = merge(
      base,
      to('b', 1),
      drawn((now) => setSettings(now, { priority: 2 })),
    )
    expect(clashes.map((clash) => clash.key)).toEqual(['settings'])
    const other = drawn((now) => connect(now, { key: 'start', port: 'next' }, 'b'))
    const mine = drawn((now) => ({ ...now, edges: [] }))
    expect(merge(base, mine, other).clashes.map((clash) => clash.key)).toEqual(['start/next'])
  })
  it('takes a move for no clash', () => {
    const mine = drawn((now) => ({
      ...now,
      nodes: now.nodes.map((node) => ({ ...node, position: { x: 16, y: 16 } })),
    }))
    const theirs = drawn((now) => renameNode(now, 'a', 'theirs'))
    const { draft, clashes } = merge(base, mine, theirs)
    expect(clashes).toEqual([])
    expect(draft.document.nodes[1]).toMatchObject({ label: 'theirs', position: { x: 16, y: 16 } })
  })
})
