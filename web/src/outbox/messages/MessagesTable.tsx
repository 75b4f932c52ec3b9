import { Anchor, Checkbox, Group, Table, Text, UnstyledButton } from '@mantine/core'
import { Link } from 'react-router'
import type { Message } from '../../api'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { t as shared } from '../../text'
import { outbox as t } from '../../text/outbox'
import { ChannelSign } from './ChannelSign'
import classes from './Messages.module.css'
import { sentenceOf } from './reasons'
import { isOpen } from './wanted'

interface Props {
  items: readonly Message[]
  selected: ReadonlySet<number>
  onSelect: (ids: ReadonlySet<number>) => void
  onOpen: (id: number) => void
}

/** One row per message; those that wait for a decision can be selected. */
export function MessagesTable({ items, selected, onSelect, onOpen }: Props) {
  const open = items.filter((item) => isOpen(item.status)).map((item) => item.id)
  const all = open.length > 0 && open.every((id) => selected.has(id))
  const reasons = items.some((item) => sentenceOf(item))
  return (
    <Table.ScrollContainer type="native" minWidth={reasons ? 820 : 640} className={classes.framed}>
      <Table aria-label={t.tableLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <Checkbox
                size="xs"
                aria-label={t.selectAll}
                checked={all}
                indeterminate={!all && selected.size > 0}
                disabled={open.length === 0}
                onChange={() => onSelect(new Set(all ? [] : open))}
              />
            </Table.Th>
            <Table.Th>{t.column.recipient}</Table.Th>
            <Table.Th w={110}>{t.column.status}</Table.Th>
            {reasons && <Table.Th>{t.column.why}</Table.Th>}
            <Table.Th>{t.column.workflow}</Table.Th>
            <Table.Th w={136}>{t.column.when}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Row
              key={item.id}
              item={item}
              reasons={reasons}
              selected={selected.has(item.id)}
              onToggle={() => onSelect(toggled(selected, item.id))}
              onOpen={() => onOpen(item.id)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function toggled(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}

interface RowProps {
  item: Message
  /** Whether there is a column for why a message is where it is. */
  reasons: boolean
  selected: boolean
  onToggle: () => void
  onOpen: () => void
}

function Row({ item, reasons, selected, onToggle, onOpen }: RowProps) {
  const recipient = item.recipient ?? t.hidden
  return (
    <Table.Tr
      data-testid={`message-row-${item.id}`}
      bg={selected ? 'var(--mantine-primary-color-light)' : undefined}
    >
      <Table.Td>
        {isOpen(item.status) && (
          <Checkbox size="xs" aria-label={t.select(item.id)} checked={selected} onChange={onToggle} />
        )}
      </Table.Td>
      <Table.Td maw={260}>
        <Group gap={6} wrap="nowrap">
          <ChannelSign channel={item.channel} />
          <UnstyledButton
            onClick={onOpen}
            aria-label={t.open(recipient)}
            className={classes.open}
            title={recipient}
          >
            {recipient}
          </UnstyledButton>
        </Group>
      </Table.Td>
      <Table.Td>
        <Status of={item.status} />
      </Table.Td>
      {reasons && (
        <Table.Td maw={280}>
          <Text size="xs" c="dimmed" lineClamp={2}>
            {sentenceOf(item)}
          </Text>
        </Table.Td>
      )}
      <Table.Td maw={240}>
        {item.workflow ? (
          <Anchor
            component={Link}
            to={`/workflows/${item.workflow}`}
            size="sm"
            lineClamp={1}
            title={item.workflow_name ?? undefined}
          >
            {item.workflow_name}
          </Anchor>
        ) : (
          <Text size="sm">{shared.common.nothing}</Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm" className={classes.one}>
          <When at={item.created_at} />
        </Text>
      </Table.Td>
    </Table.Tr>
  )
}
