import { expect, test } from 'vitest'
import { setFormats } from '../../text'
import { seenOf } from './seen'

setFormats({ locale: 'en-GB', timeZone: 'Europe/Athens' })

test('moments are those of the person, names of fields are joined', () => {
  const values = { since: '2026-11-22T05:45:41.897320Z', fields: ['Θέμα', 'Status'], state: 'active' }
  expect(seenOf({ values })).toEqual([
    { name: 'Active since', value: '22 Nov 2026, 07:45' },
    { name: 'Fields changed', value: 'Θέμα and Status' },
  ])
})

test.each([[{}], [{ since: null }], [{ fields: [] }], [{ run: 'x' }], [{ tree: { held: true } }]])(
  '%j says nothing',
  (values) => {
    expect(seenOf({ values })).toEqual([])
  },
)

test('a run can be opened', () => {
  expect(seenOf({ values: { run: 12 } })).toEqual([{ name: 'Run', value: '12', run: 12 }])
})
