import { describe, expect, it } from 'vitest'
import type { Letter, Message } from '../api'
import { mailDocument } from '../parts/mailDocument'
import { outbox as t } from '../text/outbox'
import { headersOf } from './messages/headers'
import { explain, sentenceOf } from './messages/reasons'
import { asked, DECISIONS, EVERY_STATUS, isOpen, wantedOf, withFilters } from './messages/wanted'
import { freeKey } from './templates/key'
import { changed, type Words } from './templates/words'

describe('the filters of messages', () => {
  it.each([
    ['', {}],
    ['status=held&workflow=7&search=maria', { status: 'held', workflow_id: 7, recipient: 'maria' }],
    ['status=lost&workflow=x&run=-3', {}],
    ['channel=text', { channel: 'text' }],
    ['channel=pigeon', {}],
    ['run=12&search=παράδειγμα', { run_id: 12, recipient: 'παράδειγμα' }],
    ['workflow=999999999999999999999', {}],
  ])('of "%s" are asked as %j', (address, query) => {
    expect(asked(wantedOf(new URLSearchParams(address)))).toEqual(query)
  })

  it('change together, and leave the rest of the address', () => {
    const params = withFilters(new URLSearchParams('status=held&open=3&search=a'), {
      search: null,
      status: 'sent',
    })
    expect(params.toString()).toBe('status=sent&open=3')
  })
})

describe('what a person may decide', () => {
  it('is nothing about what is over', () => {
    expect(EVERY_STATUS.filter((status) => !isOpen(status)).sort()).toEqual([
      'discarded',
      'failed',
      'sending',
      'sent',
    ])
  })
  it('is to release only what is held', () => {
    expect(EVERY_STATUS.filter((status) => DECISIONS[status].release)).toEqual(['held'])
  })
})

describe('why a message is where it is', () => {
  const of = (change: Partial<Message>) =>
    ({ status: 'sent', hold_reason: null, error: null, ...change }) as Message

  it.each([
    [{ status: 'held', hold_reason: 'workflow_per_hour' }, 'too many in an hour'],
    [{ status: 'held', hold_reason: 'a_new_cap' }, 'held'],
    [{ status: 'failed', error: { message: '550 Δεν υπάρχει' } }, '550 Δεν υπάρχει'],
    [{ status: 'failed', error: {} }, null],
    [{ status: 'sent' }, null],
    [{ status: 'sent', error: { message: 'gone@example.com: 550 gone' } }, 'gone@example.com: 550 gone'],
  ] as [Partial<Message>, string | null][])('%j is said in few words', (change, words) => {
    expect(sentenceOf(of(change))).toBe(words)
  })

  it('has an explanation for each state in which something can be done or was refused', () => {
    const explained = EVERY_STATUS.filter((status) => explain(of({ status })))
    expect([...explained].sort()).toEqual(['failed', 'held', 'uncertain'])
  })

  it('tells a queued one only after something went wrong', () => {
    expect(explain(of({ status: 'queued', error: { message: '421 Later' } }))?.why).toBe('421 Later')
    expect(explain(of({ status: 'queued' }))).toBeNull()
  })
})

describe('the lines above a mail', () => {
  it('are those that it has, in the order of a mail program', () => {
    const letter: Letter = {
      to: ['Μαρία <maria@example.com>', 'b@example.com'],
      subject: '',
      text: '',
      from: 'office@example.com',
      cc: [],
      attachments: [{ name: 'offer.pdf' }, 3, { size: 3 }],
    }
    expect(headersOf(letter)).toEqual([
      { name: t.drawer.from, value: 'office@example.com' },
      { name: t.drawer.to, value: 'Μαρία <maria@example.com>, b@example.com' },
      { name: t.drawer.subject, value: t.drawer.noSubject },
      { name: t.drawer.attachments, value: 'offer.pdf' },
    ])
  })
})

describe('the frame of a mail', () => {
  it('has its policy before anything of the mail', () => {
    const written = mailDocument('<script>alert(1)</script>')
    expect(written).toContain("default-src 'none'")
    expect(written.indexOf('Content-Security-Policy')).toBeLessThan(written.indexOf('<script>'))
  })
})

describe('the key of a new template', () => {
  it.each([
    ['Welcome', [], 'welcome'],
    ['  Été: 2nd letter! ', [], 'ete_2nd_letter'],
    ['2nd letter', [], 't_2nd_letter'],
    ['Καλωσόρισμα', [], 'template'],
    ['', [], 'template'],
    ['Welcome', ['welcome', 'welcome_2'], 'welcome_3'],
    ['x'.repeat(200), [], 'x'.repeat(50)],
  ])('"%s" beside %j is %s', (name, taken, key) => {
    expect(freeKey(name, taken)).toBe(key)
  })
})

describe('unsaved words', () => {
  const words: Words = {
    name: 'a',
    subject: 'b',
    html: null,
    text: null,
    header: null,
    footer: null,
    page: null,
  }
  it.each([
    [words, false],
    [{ ...words, html: '' }, false],
    [{ ...words, html: '<p>γ</p>' }, true],
    [{ ...words, name: '' }, true],
  ])('%j differ: %s', (now, differs) => {
    expect(changed(now, words)).toBe(differs)
  })
})
