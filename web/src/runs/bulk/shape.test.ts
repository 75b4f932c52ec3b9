import { beforeAll, describe, expect, it } from 'vitest'
import { setFormats } from '../../text'
import { causeOf, edgeCounts, isOpen, lineOf, nodesOf, piecesOf, remaining } from './shape'

beforeAll(() => setFormats({ locale: 'en', timeZone: 'UTC' }))

const RUN = { status: 'partial', matched: 1_310, processed: 1_310, changed: 1_200, skipped: 10, failed: 100 }
const TIMES = { per_second: null, seconds_left: null, started_at: null, ended_at: null }
const DRAWN = {
  nodes: ['start', 'if', 'mark', 'mail'].map((key) => ({ key, block: key })),
  edges: [
    { from: 'start', port: 'next', to: 'if' },
    { from: 'if', port: 'true', to: 'mark' },
    { from: 'if', port: 'false', to: 'mail' },
  ],
}
const TAKEN = [
  { from: 'if', port: 'true', count: 900 },
  { from: 'if', port: 'false', count: 400 },
  { from: 'mark', port: 'next', count: 800 },
  { from: 'mail', port: 'next', count: 400 },
]

describe('the bar', () => {
  it('is made of what went well, what was skipped and what failed', () => {
    const pieces = piecesOf({ ...RUN, matched: 1_000, processed: 500, skipped: 50, failed: 100 })
    expect(pieces).toEqual([
      { key: 'good', percent: 35 },
      { key: 'skipped', percent: 5 },
      { key: 'failed', percent: 10 },
    ])
  })
  it('is full where nothing matched, and empty while the list is being made', () => {
    const none = { ...RUN, matched: 0, processed: 0, changed: 0, skipped: 0, failed: 0 }
    expect(piecesOf({ ...none, status: 'succeeded' })).toEqual([{ key: 'good', percent: 100 }])
    expect(piecesOf({ ...none, status: 'queued', matched: null })).toEqual([])
  })
})

describe('the line under it', () => {
  it.each([
    [{ status: 'queued', matched: null }, {}, 'Making the list of records'],
    [
      { status: 'running', processed: 400 },
      { per_second: 320.4, seconds_left: 2.8 },
      '400 of 1,310 done · 320 a second · about 3s left',
    ],
    [{ status: 'running', processed: 0 }, { per_second: 0, seconds_left: null }, '0 of 1,310 done'],
    [{ status: 'paused', processed: 400 }, { per_second: 9, seconds_left: 9 }, '400 of 1,310 done'],
    [
      {},
      { started_at: '2026-11-22T08:00:00Z', ended_at: '2026-11-22T08:00:04Z' },
      '1,310 of 1,310 done · took 4s',
    ],
  ])('%o %o', (run, times, words) => {
    expect(lineOf({ ...RUN, ...TIMES, ...run, ...times })).toBe(words)
  })
})

describe('the canvas', () => {
  it('says how many took each exit; START let out all that were not skipped', () => {
    expect([...edgeCounts(TAKEN, RUN, 'start')]).toEqual([
      ['start/next', '1,300'],
      ['if/true', '900'],
      ['if/false', '400'],
      ['mark/next', '800'],
      ['mail/next', '400'],
    ])
  })
  it('shows where records stayed: failed when it is over, on their way while it runs', () => {
    const over = nodesOf(DRAWN, TAKEN, RUN, 'start')
    expect(over.get('mark')).toEqual({ status: 'failed', badge: '100 failed' })
    expect(over.get('mail')).toEqual({ status: 'succeeded' })
    const running = nodesOf(DRAWN, TAKEN, { ...RUN, status: 'running', failed: 40 }, 'start')
    expect(running.get('mark')).toEqual({ status: 'running', badge: '100 here' })
    const paused = nodesOf(DRAWN, TAKEN, { ...RUN, status: 'paused' }, 'start')
    expect(paused.get('mark')).toEqual({ status: 'failed', badge: '100 failed' })
  })
  it('colours nothing before a record came to a block', () => {
    const none = { ...RUN, status: 'queued', matched: null, processed: 0, skipped: 0 }
    expect(nodesOf(DRAWN, [], none, 'start').size).toBe(0)
    expect(edgeCounts([], none, 'start').size).toBe(0)
  })
  it('draws an unfinished workflow without its START', () => {
    expect(nodesOf({ nodes: [], edges: [] }, [], RUN, undefined).size).toBe(0)
  })
})

it('knows what is still to come and what remains', () => {
  expect(['queued', 'running', 'paused'].every((status) => isOpen({ status }))).toBe(true)
  expect(isOpen({ status: 'cancelled' })).toBe(false)
  expect(remaining({ ...RUN, processed: 1_000 })).toBe(310)
  expect(remaining({ ...RUN, matched: null })).toBe(0)
})

it.each([
  ['schedule', null, 'Schedule'],
  ['stage', 'Ξένια', 'A stage of a scale-up: Ξένια'],
  ['of_a_plugin', null, 'of a plugin'],
])('says that %s started it', (started_by, name, words) => {
  expect(causeOf({ started_by, by: name === null ? null : { name } })).toBe(words)
})
