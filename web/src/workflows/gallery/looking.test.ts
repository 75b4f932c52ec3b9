import { describe, expect, test } from 'vitest'
import type { GalleryItem } from '../../api'
import { fitting, packsOf } from './looking'

const item = (key: string, pack: string, more: Partial<GalleryItem> = {}): GalleryItem => ({
  pack,
  pack_name: pack,
  pack_loaded: false,
  key,
  name: key,
  description: '',
  category: 'admin',
  scenario: 1,
  module: 'm',
  module_label: 'M',
  trigger: '',
  steps: [],
  missing: [],
  here: null,
  ...more,
})
const ITEMS = [
  item('Welcome mail', 'sales', {
    category: 'customer',
    steps: [{ key: 'a', label: 'Mail', sentence: 'Écrit' }],
  }),
  item('Υπενθύμιση', 'training', { description: 'Reminder before a course' }),
]
const keys = (search: string, pack: string | null = null, category: string | null = null) =>
  fitting(ITEMS, { search, pack, category }).map((one) => one.key)

describe('the gallery is searched', () => {
  test.each([
    ['', ['Welcome mail', 'Υπενθύμιση']],
    ['  ', ['Welcome mail', 'Υπενθύμιση']],
    ['MAIL welcome', ['Welcome mail']],
    ['ecrit', ['Welcome mail']],
    ['υπενθυμιση', ['Υπενθύμιση']],
    ['before course', ['Υπενθύμιση']],
    ['nothing', []],
  ])('by "%s"', (search, expected) => {
    expect(keys(search)).toEqual(expected)
  })
  test('by pack and category', () => {
    expect([keys('', 'sales'), keys('', null, 'customer'), keys('', 'training', 'customer')]).toEqual([
      ['Welcome mail'],
      ['Welcome mail'],
      [],
    ])
  })
})

test('packs are listed once', () => {
  expect(packsOf([...ITEMS, ...ITEMS]).map((one) => one.value)).toEqual(['sales', 'training'])
})
