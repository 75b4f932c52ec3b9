import { Extension, type Extensions, Mark, mergeAttributes, Node, nodeInputRule } from '@tiptap/core'
import Image from '@tiptap/extension-image'
import Paragraph from '@tiptap/extension-paragraph'
import { Table, TableCell, TableHeader, TableRow } from '@tiptap/extension-table'
import StarterKit from '@tiptap/starter-kit'

/** How a piece of Liquid is shown: {{ record.account.name }} as "Account › Name". */
export type Labelling = (code: string) => string

const KEPT = [
  'style',
  'class',
  'align',
  'valign',
  'width',
  'height',
  'bgcolor',
  'border',
  'cellpadding',
  'cellspacing',
  'dir',
  'lang',
]
const ELEMENTS = [
  'paragraph',
  'heading',
  'bulletList',
  'orderedList',
  'listItem',
  'blockquote',
  'horizontalRule',
  'division',
  'table',
  'tableRow',
  'tableCell',
  'tableHeader',
  'link',
  'styled',
]

/** What mails carry along for their looks; the editor does not know it, and keeps it. */
const Looks = Extension.create({
  name: 'looks',
  addGlobalAttributes: () => [
    { types: ELEMENTS, attributes: Object.fromEntries(KEPT.map((name) => [name, attribute(name)])) },
    { types: ['image'], attributes: { style: attribute('style'), border: attribute('border') } },
    { types: ['paragraph'], attributes: { bare: attribute('data-bare') } },
  ],
})

function attribute(name: string) {
  const key = name === 'data-bare' ? 'bare' : name
  return {
    default: null,
    keepOnSplit: name !== 'data-bare',
    parseHTML: (element: HTMLElement) => element.getAttribute(`data-${name}`) ?? element.getAttribute(name),
    renderHTML: (attributes: Record<string, unknown>) => {
      const value = attributes[key]
      if (!value) return {}
      // A browser rewrites a style as it reads it, so its own words are carried beside it.
      return name === 'style' ? { style: value, 'data-style': value } : { [name]: value }
    },
  }
}

const Division = Node.create({
  name: 'division',
  group: 'block',
  content: 'block+',
  parseHTML: () => [{ tag: 'div:not([data-liquid-block])' }],
  renderHTML: ({ HTMLAttributes }) => ['div', HTMLAttributes, 0],
})

const Styled = Mark.create({
  name: 'styled',
  parseHTML: () => [{ tag: 'span:not([data-liquid])' }],
  renderHTML: ({ HTMLAttributes }) => ['span', HTMLAttributes, 0],
})

const PlainTable = Table.extend({
  renderHTML: ({ HTMLAttributes }) => ['table', HTMLAttributes, ['tbody', 0]],
})

function liquid(
  name: string,
  tag: 'span' | 'div',
  key: string,
  label: Labelling,
  className: string | undefined,
) {
  return Node.create({
    name,
    group: tag === 'span' ? 'inline' : 'block',
    inline: tag === 'span',
    atom: true,
    selectable: true,
    addAttributes: () => ({
      code: {
        default: '',
        parseHTML: (element: HTMLElement) => decodeURIComponent(element.getAttribute(key) ?? ''),
        renderHTML: ({ code }: Record<string, unknown>) => ({ [key]: encodeURIComponent(String(code)) }),
      },
    }),
    parseHTML: () => [{ tag: `${tag}[${key}]`, priority: 100 }],
    renderHTML: ({ HTMLAttributes }) => [tag, mergeAttributes(HTMLAttributes)],
    renderText: ({ node }) => String(node.attrs.code),
    addNodeView:
      () =>
      ({ node }) => {
        const dom = document.createElement(tag)
        const chip = document.createElement('span')
        const code = String(node.attrs.code)
        chip.textContent = label(code)
        chip.title = code
        chip.dataset.kind = code.startsWith('{%') ? 'tag' : 'variable'
        if (className) chip.className = className
        dom.append(chip)
        return {
          dom,
          selectNode: () => chip.toggleAttribute('data-selected', true),
          deselectNode: () => chip.toggleAttribute('data-selected', false),
        }
      },
    addInputRules() {
      if (tag === 'div') return []
      const getAttributes = (match: RegExpMatchArray) => ({ code: match[0] })
      return [nodeInputRule({ find: /\{\{[^{}]+\}\}$/, type: this.type, getAttributes })]
    },
  })
}

/** Addresses that a link in a mail may have; a variable is one, too. */
const ADDRESS = /^(https?:|mailto:|tel:|#|\/|\{\{)/i

/** Everything that the rich editor knows. What it does not know opens as source. */
export function extensions(label: Labelling = (code) => code, className?: string): Extensions {
  return [
    StarterKit.configure({
      paragraph: false,
      trailingNode: false,
      heading: { levels: [1, 2, 3, 4] },
      link: {
        openOnClick: false,
        autolink: false,
        isAllowedUri: (url) => ADDRESS.test(url ?? ''),
        HTMLAttributes: { target: null, rel: null },
      },
    }),
    Paragraph.extend({ priority: 1000 }),
    Image.configure({ inline: true, allowBase64: false }),
    PlainTable.configure({ resizable: false }),
    TableRow,
    TableCell,
    TableHeader,
    Division,
    Styled,
    liquid('liquid', 'span', 'data-liquid', label, className),
    liquid('liquidBlock', 'div', 'data-liquid-block', label, className),
    Looks,
  ]
}
