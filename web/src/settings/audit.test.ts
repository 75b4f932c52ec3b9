import { describe, expect, it } from 'vitest'
import { detailsOf, pathOf, sentence, subjectOf } from './audit'

describe('an entry of the audit log', () => {
  it('says its deed and what it was done to in words', () => {
    expect(sentence('set_duty_roster')).toBe('Set duty roster')
    expect(subjectOf('workflow:claim_disputed')).toEqual({ kind: 'Workflow', name: 'claim_disputed' })
    expect(subjectOf('record:cases:7')).toEqual({ kind: 'Record', name: 'cases 7' })
    expect(subjectOf('messages')).toEqual({ kind: 'Messages', name: '' })
    expect(subjectOf('')).toEqual({ kind: '', name: '' })
  })

  it('leads to the thing, unless that is gone', () => {
    expect(pathOf({ action: 'publish_workflow', subject: 'workflow:welcome' })).toBe('/workflows/welcome')
    expect(pathOf({ action: 'delete_workflow', subject: 'workflow:welcome' })).toBeNull()
    expect(pathOf({ action: 'set_mail', subject: 'settings:mail' })).toBeNull()
  })

  it.each([
    [{}, []],
    [{ reason: null, roles: [] }, []],
    [{ members: [1200, 2] }, [['Members', '1,200, 2']]],
    [
      { builder: false, until: '2026-12-01' },
      [
        ['Builder', 'No'],
        ['Until', '1 Dec 2026'],
      ],
    ],
    [
      { name: 'Μέλη', modules: { cases: { read: 'all', fields: {} } } },
      [
        ['Name', 'Μέλη'],
        ['Modules', 'Cases: Read: all'],
      ],
    ],
  ])('tells %j line by line', (details, lines) => {
    expect(
      detailsOf(details).map(([label, value]) => [label, value.replace('Dec 1, 2026', '1 Dec 2026')]),
    ).toEqual(lines)
  })
})
