import { expect, it } from 'vitest'
import { keyFrom } from './keys'

it.each([
  ['Support team', 'support_team'],
  ['  Über-Prüfung  ', 'uber_prufung'],
  ['2nd line', 'nd_line'],
  ['Ομάδα Υποστήριξης 🎉', 'omada_ypostirixis'],
  ['Отдел продажби', 'otdel_prodazhbi'],
  ['Straße Łódź', 'strasse_lodz'],
  ['🎉', ''],
  ['', ''],
])('makes a key of %j', (name, key) => expect(keyFrom(name)).toBe(key))

it('gives a name in another script a key of its own, always the same', () => {
  const [one, other] = [keyFrom('مرحبا'), keyFrom('東京')]
  expect(one).toMatch(/^key_[a-z0-9]+$/)
  expect(one).not.toBe(other)
  expect(keyFrom(' مرحبا ')).toBe(one)
})
