import { describe, expect, it } from 'vitest'
import { exportAddress, queryOf } from './filter'

const of = (text: string) => queryOf(new URLSearchParams(text))

describe('the filter of the history', () => {
  it.each([
    ['', {}],
    ['status=failed', { status: 'failed' }],
    ['status=borked', {}],
    ['workflow=υπόθεση&record_id=7%2F8', { workflow: 'υπόθεση', record_id: '7/8' }],
    ['since=', {}],
    ['since=nonsense', {}],
  ])('reads %j from the address', (text, expected) => {
    expect(Object.fromEntries(Object.entries(of(text)).filter(([, value]) => value !== undefined))).toEqual(
      expected,
    )
  })

  it('includes the whole last day', () => {
    const { since, until } = of('since=2026-03-28&until=2026-03-28')
    const hours = (Date.parse(until ?? '') - Date.parse(since ?? '')) / 3_600_000
    expect([23, 24, 25]).toContain(hours)
  })

  it('asks for the same runs as a file', () => {
    expect(exportAddress({ status: 'failed', workflow: 'a&b' })).toBe(
      '/api/v1/runs/export?status=failed&workflow=a%26b',
    )
  })
})
