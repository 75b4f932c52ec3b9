import { describe, expect, it } from 'vitest'
import { aField, aModule } from '../testing'
import { addUp, linesToSend } from './LineItems'

describe('sums', () => {
  it.each([
    [[0.1, 0.2], '0.3'],
    [['12345678901234567890.01', 1], '12345678901234567891.01'],
    [[-1.5, 0.25], '-1.25'],
    [[null, undefined, '', 'x', 4], '4'],
    [[], '0'],
  ])('of %j are %s', (values, sum) => {
    expect(addUp(values)).toBe(sum)
  })
})

describe('lines as they are sent', () => {
  const child = aModule({
    parent_field: 'quote',
    fields: [
      aField({ key: 'id', system: true }),
      aField({ key: 'quote', type: 'reference' }),
      aField({ key: 'product' }),
      aField({ key: 'total', read_only: true }),
    ],
  })

  it('keep their id and what may be set, and nothing else', () => {
    const line = { id: 3, quote: 1, product: 'Scale', total: 5, created_at: 'then' }
    expect(linesToSend([line, { product: 'Belt' }], child, (field) => !field.read_only)).toEqual([
      { id: 3, product: 'Scale' },
      { product: 'Belt' },
    ])
  })
})
