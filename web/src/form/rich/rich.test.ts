import { readdirSync, readFileSync } from 'node:fs'
import { generateHTML, generateJSON } from '@tiptap/core'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { canonical } from './canonical'
import { extensions } from './extensions'
import { isKept } from './kept'
import { fromRich, toRich } from './liquid'
import { tokens } from './tokens'

function throughTheEditor(html: string): string {
  const known = extensions()
  return fromRich(generateHTML(generateJSON(toRich(html) ?? '', known), known))
}

test.each(['<p onclick="go()">a</p>', '<img src=x onerror=alert(1)>', '<svg/onload=alert(1)>'])(
  'of code in %s nothing is parsed',
  (html) => {
    expect(toRich(html)).toBe(null)
  },
)

test.each([
  '<p>a</p>',
  'a < b {{ x }} {% if "a>b" %}',
  '<a href="{{ record.url }}">x</a><!-- c -->',
  '{ { {',
  '',
  '<p title="a > b">',
])('the pieces of %j are the whole of it', (html) => {
  expect(
    tokens(html)
      .map((one) => one.text)
      .join(''),
  ).toBe(html)
})

const KEPT = [
  '',
  '<p>Hello {{ record.name }}</p>',
  '<p>Dear {{ record.contact.name | default: "you" }},</p><ul><li>one</li><li>{{ record.total | money: "EUR" }}</li></ul>',
  '<h1>Τιμολόγιο</h1><p>Σας <strong>ευχαριστούμε</strong> &amp; <em>καλή</em> μέρα</p>',
  '<p><a href="{{ record.url }}">Open</a> or <a href="mailto:office@example.org">write</a></p>',
  '<p>{% if record.owner %}{{ record.owner.name }}{% else %}We{% endif %} look after you.</p>',
  '{% if record.resolution %}<p style="padding:10px 14px;background-color:#e6fcf5">{{ record.resolution }}</p>{% endif %}',
  '<div style="font-family:Helvetica,Arial,sans-serif;max-width:560px"><p style="font-size:18px"><strong>Welcome</strong></p></div>',
  '<table style="border-collapse:collapse;width:100%"><tr><td style="padding:6px 0">Case</td><td><strong>{{ record.number }}</strong></td></tr></table>',
  '<p>Kind regards,<br>{{ organisation.name }}</p>',
  '<p><b>bold</b> and <i>italic</i></p>',
  '<p><img src="https://example.org/a.png" alt="Logo" width="80"></p>',
  '<ol start="3"><li><p>with a paragraph</p></li></ol>',
  '<blockquote style="margin:0">{{ record.subject }}</blockquote>',
  '<p>A <span style="color:red">red</span> word</p><hr>',
]
const SOURCE_ONLY = [
  '<table>{% for line in record.lines %}<tr><td>{{ line.product }}</td></tr>{% endfor %}</table>',
  '<html><head><style>p{}</style></head><body><p>x</p></body></html>',
  '<p>a</p><!-- a note -->',
  'Words without a paragraph',
  '<font color="red">x</font>',
  '<p onclick="x()">x</p>',
  '<p><a href="javascript:x()">x</a></p>',
  '<p data-track="1">x</p>',
  '<p>not closed',
]

describe('a text', () => {
  test.each(KEPT)('%s goes through the editor as it is', (html) => {
    expect(canonical(throughTheEditor(html))).toBe(canonical(html))
    expect(isKept(html)).toBe(true)
  })

  test.each(SOURCE_ONLY)('%s is edited as source', (html) => {
    expect(isKept(html)).toBe(false)
  })
})

test('variables come out letter by letter', () => {
  const html = '<p>{{record.name|default:"a & b < c"}} and {%- if x -%}y{%- endif -%}</p>'
  expect(throughTheEditor(html)).toBe(html)
})

test.each([
  ['<P  CLASS="a" style="color: red; ">x</P>', '<p style="color:red" class="a">x</p>', true],
  ['<p>a  b</p>\n<p>c</p>', '<p>a b</p><p>c</p>', true],
  ['<p>a</p>', '<p>b</p>', false],
  ['<p>{{ a }}</p>', '<p>{{a}}</p>', false],
  ['<p>a <b>b</b></p>', '<p>a<strong>b</strong></p>', false],
  ['<p>&eacute;&nbsp;x</p>', '<p>é\u00a0x</p>', true],
])('%j and %j look the same: %j', (one, other, wanted) => {
  expect(canonical(one) === canonical(other)).toBe(wanted)
})

test('the mails of the packs open formatted, except where Liquid stands between the rows of a table', () => {
  const files = readdirSync('../src/whereupon/packs', { recursive: true, encoding: 'utf8' })
  const mails = files
    .filter((path) => /workflows\/.*\.yaml$/.test(path))
    .flatMap(
      (path): { block: string; config: { html?: string } }[] =>
        parse(readFileSync(`../src/whereupon/packs/${path}`, 'utf8')).document.nodes,
    )
    .filter((node) => node.block === 'send_email')
    .flatMap((node) => node.config.html ?? [])
  expect(mails.length).toBeGreaterThan(3)
  const between = /<\/?(table|tr)[^>]*>\s*\{%|%\}\s*<\/?(tr|table)/
  expect(mails.filter((html) => isKept(html) === between.test(html))).toEqual([])
})
