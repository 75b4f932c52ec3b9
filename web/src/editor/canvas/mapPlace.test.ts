import { expect, test } from 'vitest'
import { liesOverBlock } from './mapPlace'

const VIEW = { x: 0, y: 0, zoom: 1, width: 800, height: 600 }
const BLOCK = { width: 200, height: 60 }

test.each([
  ['in the corner', { x: 600, y: 540 }, VIEW, true],
  ['reaching into it', { x: 450, y: 440 }, VIEW, true],
  ['above it', { x: 600, y: 300 }, VIEW, false],
  ['beside it', { x: 300, y: 540 }, VIEW, false],
  ['outside the window', { x: 900, y: 700 }, VIEW, false],
  ['moved away from it', { x: 600, y: 540 }, { ...VIEW, x: -400 }, false],
  ['made small, in the middle', { x: 600, y: 540 }, { ...VIEW, zoom: 0.5 }, false],
])('a block %s', (_, place, view, expected) => {
  expect(liesOverBlock([{ ...place, ...BLOCK }], view)).toBe(expected)
})

test('without blocks there is nothing to lie over', () => {
  expect(liesOverBlock([], VIEW)).toBe(false)
})
