import { describe, expect, it, test } from 'vitest'
import type { BulkRun, Paths, Run } from '../../api'
import { setFormats } from '../../text'
import { barsOf, elsewhere, exitCounts, nodesOf } from './shape'

setFormats({ locale: 'en' })

const PATHS: Paths = {
  runs: 1_310,
  statuses: { succeeded: 1_300, failed: 4, waiting: 6 },
  exits: [
    { node: 'ask', port: 'true', status: 'succeeded', runs: 1_200 },
    { node: 'ask', port: 'false', status: 'succeeded', runs: 106 },
    { node: 'ask', port: null, status: 'failed', runs: 4 },
    { node: 'mail', port: 'next', status: 'succeeded', runs: 1_190 },
    { node: 'mail', port: 'next', status: 'continued', runs: 4 },
  ],
  standing: [{ node: 'pause', status: 'waiting', runs: 6 }],
}

describe('the paths of all runs', () => {
  it('say on each exit how many took it, however the block ended', () => {
    expect([...exitCounts(PATHS, 'start')]).toEqual([
      ['start/next', '1,310'],
      ['ask/true', '1,200'],
      ['ask/false', '106'],
      ['mail/next', '1,194'],
    ])
  })
  it('say at each node where runs failed and where they stand', () => {
    const nodes = nodesOf(PATHS, 'start')
    expect(nodes.get('ask')).toEqual({ status: 'failed', note: '4 failed' })
    expect(nodes.get('mail')?.status).toBe('continued')
    expect(nodes.get('pause')).toEqual({ status: 'waiting', note: '6 waiting' })
    expect(nodes.get('start')).toEqual({ status: 'succeeded', note: '' })
    expect(nodes.has('never')).toBe(false)
  })
  it('of no runs are empty', () => {
    const none = { runs: 0, statuses: {}, exits: [], standing: [] }
    expect(exitCounts(none, 'start').size).toBe(0)
    expect(nodesOf(none, 'start').size).toBe(0)
  })
  it('name the nodes that the drawing does not have', () => {
    expect(elsewhere(PATHS, new Set(['ask', 'mail']))).toEqual(['pause'])
  })
})

test('the newest run stands at the right; one under way has no length yet', () => {
  const run = (id: number, ended: string | null) =>
    ({
      id,
      status: ended ? 'succeeded' : 'running',
      created_at: '2026-11-22T08:00:00Z',
      started_at: '2026-11-22T08:00:01Z',
      ended_at: ended,
      module: 'tickets',
      record_id: '1',
      record_title: 'Ερώτηση',
    }) as Run
  const runs = [run(2, null), run(1, '2026-11-22T08:00:03Z')]
  expect(barsOf(runs, [], 30).map((bar) => [bar.id, bar.seconds])).toEqual([
    [1, 2],
    [2, null],
  ])
  const bulk = { id: 7, status: 'partial', matched: 1_310, failed: 12, created_at: '2026-11-22T08:00:02Z' }
  expect(barsOf(runs, [{ ...bulk, started_at: null, ended_at: null } as BulkRun], 2)).toMatchObject([
    { id: 2, bulk: false },
    { id: 7, bulk: true, matched: 1_310, failed: 12 },
  ])
})
