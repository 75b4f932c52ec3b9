import { expect, it } from 'vitest'
import { spoken } from './spoken'

it.each([
  ['Papers about claim {{ record.number }}', 'Papers about claim ‹number›'],
  ['Talk to {{record.account.name | upcase}} now', 'Talk to ‹account name› now'],
  ['{{ today }}', '‹today›'],
  ['Plain, {{ unfinished', 'Plain, {{ unfinished'],
  ['', ''],
])('%j is spoken as %j', (name, said) => expect(spoken(name)).toBe(said))
