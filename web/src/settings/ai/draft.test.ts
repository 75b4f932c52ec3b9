import { describe, expect, it } from 'vitest'
import { draftOf, freeKey, toSend } from './draft'

describe('a provider’s form', () => {
  it('leaves out a key that was not typed, and sends nothing as nothing', () => {
    const sent = toSend({ ...draftOf(null), name: ' Ολλάμα ', model: 'llama' })
    expect('api_key' in sent).toBe(false)
    expect([sent.name, sent.base_url, sent.price_input, sent.max_tokens, sent.answer_as]).toEqual([
      'Ολλάμα',
      null,
      null,
      null,
      null,
    ])
  })

  it('sends a key that was typed', () => {
    expect(toSend({ ...draftOf(null), api_key: 'sk-1' }).api_key).toBe('sk-1')
  })

  it('finds a key that is free', () => {
    expect(freeKey('Local', [])).toBe('local')
    expect(freeKey('Ο δικός μας', [])).toBe('o_dikos_mas')
    expect(freeKey('🎉', ['provider'])).toBe('provider_2')
    expect(freeKey('x'.repeat(99), []).length).toBeLessThan(60)
    expect(freeKey('local', ['local', 'local_2'])).toBe('local_3')
  })
})
