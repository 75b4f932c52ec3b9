import { expect, it } from 'vitest'
import { startedBy } from './started'

const bulk = { id: 7, name: 'Λήξη', status: 'running', matched: 1_310, processed: 1_204, failed: 3 }
const over = '2026-01-01T00:00:00Z'

it.each([
  ['nothing', [], 0, []],
  ['a bulk run', [{ ...bulk, ended_at: null }], 0, ['1,204 of its 1,310 records are done']],
  ['one without a list yet', [{ ...bulk, matched: null, ended_at: null }], 0, ['has not touched a record']],
  ['one that is over', [{ ...bulk, ended_at: over }], 0, []],
  ['runs', [], 2, ['2 runs that it started']],
])('says that with a run ends %s', (_, bulk_runs, awaits, parts) => {
  const said = startedBy({ bulk_runs, awaits })
  expect(said).toHaveLength(parts.length)
  parts.forEach((part, index) => {
    expect(said[index]).toContain(part)
  })
})
