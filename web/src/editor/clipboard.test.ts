import { describe, expect, it } from 'vitest'
import { copyText, duplicate, paste, readCopied } from './clipboard'
import type { WorkflowDocument } from './document'

const document: WorkflowDocument = {
  format: 1,
  nodes: [
    { key: 'start', block: 'start', config: {}, position: { x: 0, y: 0 } },
    { key: 'if', block: 'if', label: 'Καλημέρα', config: { a: 1 }, position: { x: 0, y: 128 } },
    { key: 'wait', block: 'wait', config: {}, position: { x: 0, y: 256 } },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'if' },
    { from: 'if', port: 'true', to: 'wait' },
  ],
  settings: {},
}

describe('copying', () => {
  it('takes nodes and the edges between them, never START', () => {
    const copied = readCopied(copyText(document, ['start', 'if', 'wait']) ?? '')
    expect(copied?.nodes.map((node) => node.key)).toEqual(['if', 'wait'])
    expect(copied?.edges).toEqual([{ from: 'if', port: 'true', to: 'wait' }])
  })
  it.each([[[]], [['start']], [['nobody']]])('of %j is nothing', (keys) => {
    expect(copyText(document, keys)).toBeNull()
  })
})

describe('what is on the clipboard', () => {
  it.each([
    ['', 'nothing'],
    ['hello', 'words'],
    ['{"whereupon":"nodes","nodes":[],"edges":[]}', 'no nodes'],
    ['{"whereupon":"nodes","nodes":[{"key":"a"}],"edges":[]}', 'half a node'],
    ['{"whereupon":"nodes","nodes":[{"key":"s","block":"start","config":{}}],"edges":[]}', 'a START'],
    [
      '{"whereupon":"nodes","nodes":[{"key":"a","block":"b","config":{}}],"edges":[{"from":1}]}',
      'a bad edge',
    ],
    [
      '{"whereupon":"nodes","nodes":[{"key":"a","block":"b","config":{},"position":{"x":"1"}}],"edges":[]}',
      'a bad place',
    ],
  ])('%s is refused: %s', (text) => {
    expect(readCopied(text)).toBeNull()
  })
})

describe('pasting', () => {
  it('gives new keys and keeps what is connected inside', () => {
    const { document: pasted, keys } = duplicate(document, ['if', 'wait'])
    expect(keys).toEqual(['if_2', 'wait_2'])
    expect(pasted.edges.at(-1)).toEqual({ from: 'if_2', port: 'true', to: 'wait_2' })
    expect(pasted.nodes.at(-2)).toMatchObject({ label: 'Καλημέρα', config: { a: 1 } })
  })
  it('puts them where one looks', () => {
    const copied = readCopied(copyText(document, ['wait']) ?? '')
    if (!copied) throw new Error('nothing was copied')
    expect(paste(document, copied, { x: 512, y: 16 }).document.nodes.at(-1)?.position).toEqual({
      x: 512,
      y: 16,
    })
  })
})
