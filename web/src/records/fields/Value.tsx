import { Anchor, Badge, Group, Text } from '@mantine/core'
import { IconCheck, IconPaperclip } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { FieldOut } from '../../api'
import { format, t as shared } from '../../text'
import { records as t } from '../../text/records'
import { choicesOf, currencyOf, exactNumber, pathOf, shownType, targetOf } from '../model'
import { RecordTitle } from './RecordTitle'

interface Props {
  field: FieldOut
  value: unknown
  /** What names the record that a reference leads to. */
  title?: unknown
  /** Without links: inside of a link or a sentence. */
  plain?: boolean
  /** In a grid, arrow keys move between cells: links are for the mouse there. */
  inGrid?: boolean
}

/** Any value of a record as it is read: one line, never HTML. */
export function Value({ field, value, title, plain = false, inGrid = false }: Props) {
  if (isEmpty(value))
    return (
      <Text span inherit c="dimmed">
        {shared.common.nothing}
      </Text>
    )
  const draw = DRAWN[shownType(field)] ?? drawText
  return draw({ field, value, title, plain, tabIndex: inGrid ? -1 : undefined })
}

/** Whether there is nothing to show. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

type Draw = (
  props: Required<Pick<Props, 'field' | 'value' | 'plain'>> & {
    title?: unknown
    tabIndex?: number
  },
) => ReactNode

const drawText: Draw = ({ value }) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

const drawNumber: Draw = ({ value, field }) =>
  field.type === 'integer' && field.required
    ? String(value)
    : format.number(exactNumber(field, value) as number | string)

const drawRichText: Draw = ({ value }) => plainText(String(value))

const drawBoolean: Draw = ({ value }) =>
  value ? (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
      <IconCheck size={15} aria-hidden /> {shared.common.yes}
    </Group>
  ) : (
    shared.common.no
  )

const drawTime: Draw = ({ value }) => String(value).replace(/:00(\.0+)?$/, '')

const drawChoice: Draw = ({ field, value }) => {
  const label = choicesOf(field).find((choice) => choice.key === value)?.label ?? String(value)
  return (
    <Badge color={field.type === 'stage' ? 'accent' : 'gray'} maw="100%" title={label}>
      {label}
    </Badge>
  )
}

const drawChoices: Draw = ({ field, value }) => (
  <Group gap={4} component="span" display="inline-flex">
    {(Array.isArray(value) ? value : [value]).map((one) => (
      <span key={String(one)}>{drawChoice({ field, value: one, plain: true })}</span>
    ))}
  </Group>
)

const drawEmail: Draw = ({ value, plain, tabIndex }) =>
  plain ? (
    String(value)
  ) : (
    <Anchor
      inherit
      tabIndex={tabIndex}
      href={`mailto:${encodeURIComponent(String(value)).replace('%40', '@')}`}
    >
      {String(value)}
    </Anchor>
  )

const drawPhone: Draw = ({ value, plain, tabIndex }) =>
  plain ? (
    String(value)
  ) : (
    <Anchor inherit tabIndex={tabIndex} href={`tel:${String(value).replace(/[^0-9+]/g, '')}`}>
      {String(value)}
    </Anchor>
  )

const drawUrl: Draw = ({ value, plain, tabIndex }) => {
  const address = safeAddress(value)
  if (plain || !address) return String(value)
  return (
    <Anchor inherit tabIndex={tabIndex} href={address} target="_blank" rel="noopener noreferrer">
      {String(value).replace(/^https?:\/\//, '')}
    </Anchor>
  )
}

const drawReference: Draw = ({ field, value, title, plain, tabIndex }) => {
  if (field.type === 'user' && isEmpty(title)) return <RecordTitle module="users" id={String(value)} />
  const shown = isEmpty(title) ? `#${value}` : String(title)
  const target = targetOf(field)
  if (plain || !target || field.type === 'user') return shown
  return (
    <Anchor
      inherit
      tabIndex={tabIndex}
      component={Link}
      to={pathOf(target, value)}
      c={tabIndex === -1 ? 'var(--mantine-color-text)' : undefined}
    >
      {shown}
    </Anchor>
  )
}

const drawFile: Draw = ({ value, title, plain, tabIndex }) => {
  const shown = isEmpty(title) ? t.fileOf(String(value)) : String(title)
  if (plain) return shown
  return (
    <Anchor
      inherit
      tabIndex={tabIndex}
      href={`/api/v1/documents/${encodeURIComponent(String(value))}/content`}
      download
    >
      <IconPaperclip size={14} aria-hidden style={{ verticalAlign: -2 }} /> {shown}
    </Anchor>
  )
}

const DRAWN: Record<string, Draw> = {
  integer: drawNumber,
  decimal: drawNumber,
  money: ({ value, field }) => format.money(value as number | string, currencyOf(field)),
  boolean: drawBoolean,
  date: ({ value }) => format.date(String(value)),
  datetime: ({ value }) => format.dateTime(String(value)),
  time: drawTime,
  email: drawEmail,
  phone: drawPhone,
  url: drawUrl,
  select: drawChoice,
  stage: drawChoice,
  multi_select: drawChoices,
  reference: drawReference,
  user: drawReference,
  file: drawFile,
  rich_text: drawRichText,
  line_items: ({ value }) => t.lines(Array.isArray(value) ? value.length : 0),
}

/** The words of a rich text; parsing runs nothing and loads nothing. */
export function plainText(html: string): string {
  const text = new DOMParser().parseFromString(html, 'text/html').body.textContent ?? ''
  return text.replace(/\s+/g, ' ').trim()
}

/** Only web addresses may be followed: no javascript:, no data:. */
export function safeAddress(value: unknown): string | null {
  try {
    const address = new URL(String(value))
    return address.protocol === 'https:' || address.protocol === 'http:' ? address.href : null
  } catch {
    return null
  }
}

const RIGHT = new Set(['integer', 'decimal', 'money'])

/** Numbers stand at the right, so that they can be compared. */
export function isNumeric(field: FieldOut): boolean {
  return RIGHT.has(shownType(field))
}
