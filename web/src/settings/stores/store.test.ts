import { expect, test } from 'vitest'
import { bodyOf, draftOf, ofKind, secretOf } from './store'

const draft = { ...draftOf(null), key: 'a', name: 'Αρχείο', secret: 's' }

test.each([
  ['folder', ['kind', 'key', 'name', 'folder']],
  ['s3', ['kind', 'key', 'name', 'folder', 'endpoint', 'bucket', 'region', 'access_key_id', 'secret']],
  ['http', ['kind', 'key', 'name', 'folder', 'url', 'sign_in', 'username']],
] as const)('of a store of kind %s only its own fields are sent', (kind, keys) => {
  expect(Object.keys(bodyOf(ofKind(draft, kind)))).toEqual(keys)
})

test('a secret that was not entered is not sent, and one that is kept is not known', () => {
  expect(bodyOf({ ...draft, secret: '' })).not.toHaveProperty('secret')
  expect(draftOf({ key: 'a', name: 'A', kind: 'sftp', has_secret: true }).secret).toBe('')
})

test('the secret goes by what it is', () => {
  expect(secretOf(ofKind(draft, 'http'))).toBeNull()
  expect(secretOf({ ...draft, sign_in: 'key' })).toBe('key')
})
