import { describe, expect, it } from 'vitest'
import { sampleOf } from './sample'

describe('the example of what a webhook expects', () => {
  it.each([
    ['nothing declared', undefined, {}],
    ['an empty list', [], {}],
    ['a name at the top', [{ name: 'kind' }], { kind: 'Zoë Ångström' }],
    ['an empty path', [{ name: 'n', type: 'integer', path: '' }], { n: 3 }],
    [
      'a path',
      [{ name: 'mail', type: 'email', path: 'contact.email' }],
      { contact: { email: 'zoe@example.org' } },
    ],
    [
      'two in one object',
      [
        { name: 'a', type: 'boolean', path: 'όνομα.a' },
        { name: 'b', type: 'integer', path: 'όνομα.b' },
      ],
      { όνομα: { a: true, b: 3 } },
    ],
    ['a place in a list', [{ name: 'sku', type: 'integer', path: 'lines.0.sku' }], { lines: [{ sku: 3 }] }],
    ['a pointer', [{ name: 'x', type: 'integer', path: '/a.b/c~1d' }], { 'a.b': { 'c/d': 3 } }],
    ['half filled in', [{ name: '' }, { type: 'text' }, null], {}],
  ])('%s', (_, variables, expected) => {
    expect(sampleOf(variables)).toEqual(expected)
  })
})
