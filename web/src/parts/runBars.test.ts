import { beforeAll, describe, expect, it } from 'vitest'
import { setFormats } from '../text'
import { heightOf, lookOf, pathOf, type RunBar, subjectOf, summaryOf, wordsOf } from './runBarsShape'

beforeAll(() => setFormats({ locale: 'en', timeZone: 'UTC' }))

const bar = (change: Partial<RunBar> = {}): RunBar => ({
  id: 1,
  status: 'succeeded',
  at: '2026-11-22T10:00:00Z',
  seconds: 0.4,
  module: 'orders',
  record_id: '7',
  record_title: null,
  bulk: false,
  matched: null,
  failed: null,
  ...change,
})

describe('the height of a bar', () => {
  it.each([
    [null, 0.5],
    [0, 0.35],
    [0.001, 0.35],
    [-3, 0.35],
    [100_000, 1],
    [10_000_000, 1],
  ])('of a run of %s seconds is %s', (seconds, height) => {
    expect(heightOf(seconds)).toBeCloseTo(height, 5)
  })

  it('grows by the same step with each tenfold duration', () => {
    const steps = [0.01, 0.1, 1, 10, 100].map((seconds) => heightOf(seconds * 10) - heightOf(seconds))
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, 5)
  })
})

describe('the look of a bar', () => {
  it.each([
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['partial', 'partial'],
    ['cancelled', 'cancelled'],
    ['held', 'held'],
    ['running', 'open'],
    ['waiting', 'open'],
    ['queued', 'open'],
    ['', 'open'],
    ['μία νέα', 'open'],
  ])('of the state "%s" is %s', (status, look) => {
    expect(lookOf(status)).toBe(look)
  })
})

describe('bars in words', () => {
  it('counts the runs by how they ended, the most first', () => {
    const bars = [bar({ status: 'failed' }), ...Array.from({ length: 3 }, () => bar())]
    expect(summaryOf(bars)).toBe('4 runs: 3 succeeded, 1 failed')
  })

  it('says that there are none', () => {
    expect(summaryOf([])).toBe('No runs yet')
  })

  it.each([
    ['Παραγγελία 7', '7', 'Παραγγελία 7'],
    [null, '7', '7'],
    [null, null, null],
  ])('names the record "%s" with the id %s as %s', (record_title, record_id, words) => {
    expect(subjectOf(bar({ record_title, record_id }))).toBe(words)
  })

  it('tells of a bulk run how many records it had and how many failed, and leads to its page', () => {
    const many = bar({ bulk: true, matched: 1_310, failed: 12, record_id: null, status: 'partial' })
    expect(wordsOf(many)).toMatch(/^Partly done, 1,310 records, 12 failed, /)
    expect(pathOf(many)).toBe('/runs/bulk/1')
    expect(subjectOf(bar({ bulk: true, matched: null }))).toBe(null)
    expect(pathOf(bar())).toBe('/runs/1')
  })

  it('leaves out what is not known of a run under way', () => {
    const words = wordsOf(bar({ status: 'waiting', seconds: null, record_id: null }))
    expect(words).toMatch(/^Waiting, .+ ago$|^Waiting, in .+$|^Waiting, .+$/)
    expect(words).not.toContain('null')
  })
})
