import { describe, expect, it } from 'vitest'
import { changedOptions, choicesAsText, choicesFromText } from './options'

describe('choices as lines', () => {
  it.each([
    ['', []],
    ['\n  \n', []],
    [
      'New\nIn progress',
      [
        { key: 'new', label: 'New' },
        { key: 'in_progress', label: 'In progress' },
      ],
    ],
    ['paid = Paid in full', [{ key: 'paid', label: 'Paid in full' }]],
    ['nea = Νέα', [{ key: 'nea', label: 'Νέα' }]],
    ['x = a = b', [{ key: 'x', label: 'a = b' }]],
  ])('reads %j', (text, choices) => expect(choicesFromText(text)).toEqual(choices))

  it('writes keys only where they are not made from the label', () => {
    const text = 'New\nold_one = Archived'
    expect(choicesAsText({ choices: choicesFromText(text) })).toBe(text)
  })
})

describe('what changed of the options', () => {
  it('names only what differs, and null for what was taken away', () => {
    expect(changedOptions({ scale: 2, minimum: 1 }, { scale: 3 })).toEqual({ scale: 3, minimum: null })
  })
  it('leaves out what the server computes', () => {
    expect(changedOptions({ expression: 'a', reads: ['x'] }, { expression: 'a', reads: [] })).toEqual({})
  })
})
