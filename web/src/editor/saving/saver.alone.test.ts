import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, type Workflow, type WorkflowChange } from '../../api'
import { readDocument } from '../document'
import type { Draft } from '../merge'
import { Saver } from './saver'

vi.mock('../../api', async () => await import('../../api/problem'))

const OFFLINE = new ApiProblem(0, {})
const CONFLICT = new ApiProblem(412, {})
const REFUSED = new ApiProblem(422, {})

/** A server that holds one workflow, whose next answers can be spoilt. */
function world() {
  const server = { name: 'Name', etag: 1, saves: 0, spoilt: [] as ApiProblem[], lost: false }
  const workflow = () =>
    ({
      key: 'w',
      name: server.name,
      description: '',
      category: null,
      module: null,
      draft: {},
      etag: String(server.etag),
    }) as unknown as Workflow
  const read = (one: Workflow): Draft => ({
    name: one.name,
    description: one.description,
    category: one.category,
    module: one.module,
    document: readDocument(one.draft),
  })
  const at = { mine: read(workflow()) }
  const taken = vi.fn()
  const saver = new Saver(workflow(), {
    remote: {
      save: async (change: WorkflowChange, etag: string) => {
        const spoilt = server.spoilt.shift()
        if (spoilt) throw spoilt
        if (etag !== String(server.etag)) throw CONFLICT
        server.saves += 1
        server.etag += 1
        server.name = change.name ?? server.name
        if (server.lost) {
          server.lost = false
          throw OFFLINE
        }
        return workflow()
      },
      load: async () => workflow(),
    },
    read,
    mine: () => at.mine,
    onKnown: () => undefined,
    onTheirs: (theirs) => {
      at.mine = theirs
      taken()
    },
  })
  const type = (name: string) => {
    at.mine = { ...at.mine, name }
    saver.changed()
  }
  const other = (name: string) => {
    server.name = name
    server.etag += 1
  }
  return { server, saver, type, other, taken, at }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000)

describe('saving by itself', () => {
  it('waits for a pause in typing and saves once', async () => {
    const { server, saver, type } = world()
    for (const name of ['A', 'Ab', 'Abc']) type(name)
    expect(saver.kind).toBe('unsaved')
    await pass(1)
    expect(server).toMatchObject({ name: 'Abc', saves: 1 })
    expect(saver.kind).toBe('saved')
  })
  it('saves nothing when everything was undone', async () => {
    const { server, saver, type } = world()
    type('A')
    type('Name')
    await pass(5)
    expect(server.saves).toBe(0)
    expect(saver.kind).toBe('saved')
  })
  it('tries again until the server is back', async () => {
    const { server, saver, type } = world()
    server.spoilt = [OFFLINE, OFFLINE, OFFLINE]
    type('A')
    await pass(1)
    expect(saver.kind).toBe('offline')
    await pass(20)
    expect(server.name).toBe('A')
    expect(saver.kind).toBe('saved')
  })
  it('keeps what was refused, and tries again with the next change', async () => {
    const { server, saver, type } = world()
    server.spoilt = [REFUSED]
    type('A')
    await pass(1)
    expect(saver.kind).toBe('refused')
    expect(saver.settled).toBe(false)
    type('B')
    await pass(1)
    expect(server.name).toBe('B')
  })
  it('takes an answer that was lost for what it is', async () => {
    const { server, saver, type } = world()
    server.lost = true
    type('A')
    await pass(5)
    expect(server).toMatchObject({ name: 'A', saves: 1 })
    expect(saver.kind).toBe('saved')
  })
})

describe('two editors', () => {
  it('is a conflict when both changed something, and neither is lost', async () => {
    const { server, saver, type, other } = world()
    type('mine')
    other('theirs')
    await pass(1)
    expect(saver.kind).toBe('conflict')
    expect(server.name).toBe('theirs')
    const state = saver.state.getState()
    if (state.kind === 'conflict') saver.resolve(state.theirs)
    await pass(1)
    expect(server.name).toBe('mine')
  })
  it('goes on when only the state changed meanwhile', async () => {
    const { server, saver, type } = world()
    server.etag += 1
    type('mine')
    await pass(1)
    expect(saver.kind).toBe('saved')
    expect(server.name).toBe('mine')
  })
  it('shows theirs when nothing is unsaved here', async () => {
    const { saver, other, taken, at, server } = world()
    other('theirs')
    expect(await saver.heard(String(server.etag))).toBe('taken')
    expect(taken).toHaveBeenCalledOnce()
    expect(at.mine.name).toBe('theirs')
    expect(await saver.heard(String(server.etag))).toBe('known')
  })
  it('leaves alone what is unsaved here', async () => {
    const { saver, type, other, taken, server } = world()
    type('mine')
    other('theirs')
    expect(await saver.heard(String(server.etag))).toBe('unsaved')
    expect(taken).not.toHaveBeenCalled()
  })
})
