import { describe, expect, it } from 'vitest'
import type { PlannedRow } from '../../api'
import { readyRows, replaced, suggestions, withSuggestions } from './rows'

const cells = {
  what: 'Γειά',
  update: 'x',
  who: 'Delegates manager',
  when: '',
  content: '',
  attachments: '',
  category: '',
}
const workflow = {
  name: 'n',
  module: 'm',
  module_label: 'M',
  category: 'customer',
  trigger: 't',
  steps: [],
  subject: '',
  template: null,
}
const row = (number: number, more: Partial<PlannedRow> = {}): PlannedRow => ({
  row: number,
  cells,
  carried: [],
  faults: [],
  workflow: null,
  ...more,
})
const fault = (column: string, instead: string | null) => ({
  column,
  message: 'no',
  suggestion: null,
  instead,
})

describe('rows of a planning sheet', () => {
  it('are ready when they are understood and not left out', () => {
    const rows = [row(1, { workflow }), row(2), row(3, { workflow })]
    expect(readyRows(rows, new Set([3])).map((one) => one.row)).toEqual([1])
    expect(readyRows([], new Set())).toEqual([])
  })

  it('take every suggestion at once, and only where there is one', () => {
    const one = row(1, { faults: [fault('who', 'delegate.manager.email'), fault('update', null)] })
    expect(withSuggestions(one)).toEqual({ ...cells, who: 'delegate.manager.email' })
    expect(withSuggestions(row(2, { faults: [fault('update', null)] }))).toBeNull()
    expect(suggestions([one, row(2)])).toBe(1)
  })

  it('keep their place when some are looked at again', () => {
    expect(replaced([row(1), row(5)], [row(5, { workflow })]).map((one) => one.workflow)).toEqual([
      null,
      workflow,
    ])
  })
})
