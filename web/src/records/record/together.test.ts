import { describe, expect, it } from 'vitest'
import type { ActivityOut, ChangeOut } from '../../api'
import { together } from './together'

const change = (id: number, at: string) => ({ id, at }) as ChangeOut
const activity = (id: number, happened_at: string) => ({ id, happened_at }) as ActivityOut
const CHANGES = [change(2, '2026-03-02T10:00:00Z'), change(1, '2026-03-01T10:00:00Z')]
const CALLS = [activity(8, '2026-03-01T12:00:00Z'), activity(7, '2026-02-01T10:00:00Z')]
const named = (lines: ReturnType<typeof together>) => lines.map((one) => one.change?.id ?? one.activity?.id)

describe('changes and activities', () => {
  it('stand in one order, the latest first', () => {
    expect(named(together(CHANGES, CALLS, false))).toEqual([2, 8, 1, 7])
  })
  it('wait for the changes beside them that were not fetched yet', () => {
    expect(named(together(CHANGES, CALLS, true))).toEqual([2, 8, 1])
  })
  it('are there without any change', () => {
    expect(named(together([], CALLS, true))).toEqual([8, 7])
    expect(together([], [], false)).toEqual([])
  })
})
