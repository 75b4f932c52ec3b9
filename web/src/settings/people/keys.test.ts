import { expect, it } from 'vitest'
import { keyFrom } from './keys'

it.each([
  ['Support team', 'support_team'],
  ['  Über-Prüfung  ', 'uber_prufung'],
  ['2nd line', 'nd_line'],
  ['Ομάδα', ''],
  ['', ''],
])('makes a key of %j', (name, key) => expect(keyFrom(name)).toBe(key))
