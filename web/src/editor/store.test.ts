import { describe, expect, it } from 'vitest'
import type { Known } from './catalogue'
import { renameNode } from './document'
import { merge } from './merge'
import { addBlock, duplicateSelected, nudge, pasteText, removeSelected, walk } from './operations'
import { Editor } from './store'

const known = {
  blocks: new Map(),
  fresh: new Map([
    [
      'if',
      [
        { key: 'true', label: 'True' },
        { key: 'false', label: 'False' },
      ],
    ],
    ['stop', []],
    ['wait', [{ key: 'next', label: 'Next' }]],
  ]),
  catalogue: { blocks: [], triggers: [] },
} as unknown as Known

const opened = (readOnly: string | null = null) =>
  new Editor(
    {
      name: 'Name',
      description: '',
      category: null,
      module: null,
      document: {
        format: 1,
        nodes: [{ key: 'start', block: 'start', config: {}, position: { x: 0, y: 0 } }],
        edges: [],
        settings: {},
      },
    },
    known,
    readOnly,
  )
const start = { key: 'start', port: 'next' }

describe('undo and redo', () => {
  it('go over everything, typing is one step', () => {
    const editor = opened()
    for (const name of ['N', 'Ne', 'New']) editor.say({ name }, 'name')
    addBlock(editor, 'wait', start)
    editor.undo()
    expect(editor.document.nodes).toHaveLength(1)
    editor.undo()
    expect(editor.state.draft.name).toBe('Name')
    editor.redo()
    editor.redo()
    expect(editor.state.draft.name).toBe('New')
    expect(editor.document.edges).toHaveLength(1)
    expect(editor.state.selected).toEqual(['wait'])
  })
  it('do nothing where there is nothing, and nothing may be changed', () => {
    const editor = opened()
    editor.undo()
    editor.redo()
    expect(editor.state.draft.name).toBe('Name')
    const closed = opened('archived')
    addBlock(closed, 'wait', start)
    expect(closed.document.nodes).toHaveLength(1)
  })
})

describe('blocks', () => {
  it('are put between two others, which make room', () => {
    const editor = opened()
    addBlock(editor, 'wait', start)
    addBlock(editor, 'if', start)
    expect(editor.document.edges).toEqual([
      { from: 'start', port: 'next', to: 'if' },
      { from: 'if', port: 'true', to: 'wait' },
    ])
    const [, wait, asked] = editor.document.nodes.map((node) => node.position?.y ?? 0)
    expect(wait).toBeGreaterThan(asked ?? 0)
  })
  it('that end the run lead nowhere', () => {
    const editor = opened()
    addBlock(editor, 'wait', start)
    addBlock(editor, 'stop', start)
    expect(editor.document.edges).toEqual([{ from: 'start', port: 'next', to: 'stop' }])
  })
  it('are walked along with the arrows, moved, copied and removed', () => {
    const editor = opened()
    addBlock(editor, 'wait', start)
    expect(walk(editor, 'up')).toBe('start')
    expect(walk(editor, 'down')).toBe('wait')
    const before = editor.document.nodes[1]?.position?.x ?? 0
    nudge(editor, 'right')
    expect(editor.document.nodes[1]?.position?.x).toBe(before + 16)
    duplicateSelected(editor)
    expect(editor.state.selected).toEqual(['wait_2'])
    removeSelected(editor)
    expect(editor.document.nodes.map((node) => node.key)).toEqual(['start', 'wait'])
  })
  it('are not made of any text', () => {
    expect(pasteText(opened(), 'Καλημέρα')).toBe(false)
  })
})

it('somebody else’s state comes below one’s own steps', () => {
  const editor = opened()
  addBlock(editor, 'wait', start)
  const base = editor.state.draft
  editor.say({ name: 'Mine' })
  const mine = editor.state.draft
  const theirs = { ...mine, document: renameNode(mine.document, 'wait', 'Theirs') }
  editor.take(theirs, mine)
  editor.undo()
  expect(editor.state.draft.name).toBe('Name')
  expect(editor.document.nodes[1]?.label).toBe('Theirs')
  expect(merge(base, base, base).clashes).toEqual([])
})
