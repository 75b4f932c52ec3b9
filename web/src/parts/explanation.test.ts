import { expect, test } from 'vitest'
import { explanationOf } from './explanation'

test('what was asked and what was seen are told apart', () => {
  const found = explanationOf({
    kind: 'comparison',
    held: false,
    sentence: 'Κατάσταση is equal to Sent: not held, it is Draft',
  })
  expect(found).toEqual({
    kind: 'comparison',
    held: false,
    asked: 'Κατάσταση is equal to Sent',
    seen: 'it is Draft',
    parts: [],
  })
})

test('groups have no value of their own, and keep their parts in order', () => {
  const found = explanationOf({
    kind: 'all',
    held: false,
    sentence: 'All of these: not held',
    parts: [
      { kind: 'comparison', held: true, sentence: 'A is empty: held, it is empty' },
      { kind: 'comparison', held: false, sentence: 'B is empty: not held, it is 5' },
    ],
  })
  expect(found?.asked).toBe('All of these')
  expect(found?.seen).toBe('')
  expect(found?.parts.map((part) => part.seen)).toEqual(['it is empty', 'it is 5'])
})

test.each([[null], [undefined], ['held'], [{}], [{ held: 'yes' }], [[]]])('%j explains nothing', (raw) => {
  expect(explanationOf(raw)).toBeNull()
})

test('a sentence of another form is shown as it is', () => {
  expect(explanationOf({ held: true, sentence: 'Something else' })?.asked).toBe('Something else')
})
