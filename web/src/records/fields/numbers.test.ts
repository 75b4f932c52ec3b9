import { describe, expect, it } from 'vitest'
import { fromInput, toInput } from './numbers'

describe('a number that somebody typed', () => {
  it.each([
    ['10,5', '.', 10.5],
    ['10,5', ',', 10.5],
    ['10.5', ',', 10.5],
    ['1.234,50', '.', '1234.50'],
    ['1,234.50', ',', '1234.50'],
    ['1,234', '.', 1234],
    ['1,234', ',', 1.234],
    ['1.234', ',', 1234],
    ['1.234', '.', 1.234],
    ['1 234,5', ',', 1234.5],
    ['1,234,567', '.', 1234567],
    ['-3', '.', -3],
    ['−3', '.', -3],
    [',5', ',', 0.5],
    ['12345678901234567890.12', '.', '12345678901234567890.12'],
    ['', '.', null],
    ['  ', '.', null],
    ['12 apples', '.', '12 apples'],
    ['.', '.', '.'],
    ['1.2.3,4,5', '.', '1.2.3,4,5'],
    ['δώδεκα', '.', 'δώδεκα'],
  ])('%s with the separator %s is %s', (typed, point, value) => {
    expect(fromInput(typed, point)).toBe(value)
  })
})

it.each([
  [12.5, ',', '12,5'],
  ['0.10', '.', '0.10'],
  [null, ',', ''],
  ['not a number', ',', 'not a number'],
])('%s stands in an input with %s as %s', (value, point, text) => {
  expect(toInput(value, point)).toBe(text)
})
