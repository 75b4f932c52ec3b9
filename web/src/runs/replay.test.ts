import { describe, expect, it } from 'vitest'
import type { StepRun } from '../api'
import { itemsOf, momentAfter, pauseBefore } from './replay'

const step = (node: string, status: string, port: string | null, started: string): StepRun => ({
  seq: 1,
  node,
  block: 'x',
  status,
  port,
  input: null,
  output: null,
  error: null,
  records: 1,
  started_at: started,
  ended_at: started,
})
const STEPS = [
  step('ask', 'succeeded', 'false', '2026-11-22T08:00:00Z'),
  step('retry', 'failed', null, '2026-11-22T08:00:01Z'),
  step('retry', 'succeeded', 'next', '2026-11-22T08:01:01Z'),
]

describe('a replay', () => {
  it('begins with START alone', () => {
    const { nodes, exits } = momentAfter(STEPS, 0, 'start')
    expect([...nodes.keys()]).toEqual(['start'])
    expect([...exits]).toEqual([['start/next', 1]])
  })
  it('shows the last outcome of a block that was tried twice', () => {
    expect(momentAfter(STEPS, 2, 'start').nodes.get('retry')).toEqual({ status: 'failed', times: 1 })
    expect(momentAfter(STEPS, 3, 'start').nodes.get('retry')).toEqual({ status: 'succeeded', times: 2 })
  })
  it('marks only the exits that were taken', () => {
    expect([...momentAfter(STEPS, 3, undefined).exits.keys()]).toEqual(['ask/false', 'retry/next'])
  })
  it('has nothing to show for a run that has not begun', () => {
    expect(momentAfter([], 0, 'start').nodes.size).toBe(0)
  })
  it('knows how long it waited before a step', () => {
    expect([0, 1, 2, 3].map((at) => pauseBefore(STEPS, at))).toEqual([0, 1, 60, 0])
  })
})

describe('the items of a loop', () => {
  const branches = [
    { node: 'each', runs: 4 },
    { node: 'each', runs: 2 },
  ]
  const step = { node: 'each', status: 'succeeded', port: 'done' }

  it('went out as soon as the loop is shown as done', () => {
    expect([...itemsOf(branches, momentAfter([step], 1, 'start'))]).toEqual([['each/each', 6]])
    expect([...itemsOf(branches, momentAfter([step], 0, 'start'))]).toEqual([])
  })
})
