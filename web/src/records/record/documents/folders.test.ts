import { expect, test } from 'vitest'
import type { DocumentOut } from '../../../api'
import { foldersOf } from './folders'

const made = (id: number, folder: string) => ({ id, folder }) as DocumentOut

test('documents in no folder come first, then folders by name and number', () => {
  const found = foldersOf([made(4, 'Q10'), made(3, 'Q9'), made(2, ''), made(1, 'Άρθρα'), made(5, 'Q9')])
  expect(found.map((one) => [one.path, one.documents.map((d) => d.id)])).toEqual([
    ['', [2]],
    ['Q9', [3, 5]],
    ['Q10', [4]],
    ['Άρθρα', [1]],
  ])
})

test('no documents make no folders', () => {
  expect(foldersOf([])).toEqual([])
})
