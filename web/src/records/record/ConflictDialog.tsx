import { Button, Group, Modal, Radio, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ChangeOut, type FieldOut, listRecordChangesOptions, type ModuleOut } from '../../api'
import { format, t as shared } from '../../text'
import { records as t } from '../../text/records'
import { RecordTitle } from '../fields/RecordTitle'
import { isEmpty, Value } from '../fields/Value'
import { targetOf, type Values } from '../model'
import type { Conflict } from './saving'
import { whoOf } from './who'

interface Props {
  module: ModuleOut
  conflict: Conflict
  /** What is to be saved now, over the record as it is. */
  onChosen: (edits: Values) => void
  onClose: () => void
}

/** The same fields were changed by two people: side by side, for each what stays. */
export function ConflictDialog({ module, conflict, onChosen, onClose }: Props) {
  const [keep, setKeep] = useState<Record<string, 'mine' | 'theirs'>>({})
  const changes = useQuery(
    listRecordChangesOptions({
      path: { module: module.key, record_id: conflict.current.id },
      query: { limit: 50 },
    }),
  )
  const choose = () => {
    const edits = { ...conflict.edits }
    for (const field of conflict.fields) if (keep[field.key] === 'theirs') delete edits[field.key]
    onChosen(edits)
  }
  return (
    <Modal opened onClose={onClose} title={t.conflict} size="lg" data-testid="conflict">
      <Stack>
        <Text size="sm">{t.conflictAbout}</Text>
        {conflict.fields.map((field) => (
          <Contested
            key={field.key}
            field={field}
            conflict={conflict}
            change={changes.data?.items.find((one) => field.key in one.fields)}
            kept={keep[field.key] ?? 'mine'}
            onKeep={(side) => setKeep((before) => ({ ...before, [field.key]: side }))}
          />
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t.conflictBack}
          </Button>
          <Button onClick={choose}>{t.conflictKeep}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

interface ContestedProps {
  field: FieldOut
  conflict: Conflict
  change: ChangeOut | undefined
  kept: 'mine' | 'theirs'
  onKeep: (side: 'mine' | 'theirs') => void
}

function Contested({ field, conflict, change, kept, onKeep }: ContestedProps) {
  const side = (value: unknown) => <Shown field={field} value={value} />
  return (
    <Radio.Group
      value={kept}
      onChange={(value) => onKeep(value === 'theirs' ? 'theirs' : 'mine')}
      label={field.label}
      description={change ? t.conflictWho(whoOf(change), format.relative(change.at)) : undefined}
    >
      <SimpleGrid cols={2} mt={6}>
        <Radio.Card value="mine" p="xs" radius="md">
          <Group wrap="nowrap" align="flex-start">
            <Radio.Indicator mt={3} />
            <div>
              <Text size="xs" c="dimmed">
                {t.conflictMine}
              </Text>
              {side(conflict.edits[field.key])}
            </div>
          </Group>
        </Radio.Card>
        <Radio.Card value="theirs" p="xs" radius="md">
          <Group wrap="nowrap" align="flex-start">
            <Radio.Indicator mt={3} />
            <div>
              <Text size="xs" c="dimmed">
                {t.conflictTheirs}
              </Text>
              {side(conflict.current.values[field.key])}
            </div>
          </Group>
        </Radio.Card>
      </SimpleGrid>
      <Text size="xs" c="dimmed" mt={4}>
        {t.conflictBefore}:{' '}
        {isEmpty(conflict.base.values[field.key])
          ? shared.common.nothing
          : side(conflict.base.values[field.key])}
      </Text>
    </Radio.Group>
  )
}

/** A value without links, with the name of what a reference leads to. */
export function Shown({ field, value }: { field: FieldOut; value: unknown }) {
  const target = targetOf(field)
  if (target && !isEmpty(value) && (field.type === 'reference' || field.type === 'user'))
    return <RecordTitle module={target} id={String(value)} />
  return (
    <Text span inherit style={{ overflowWrap: 'anywhere' }} dir="auto">
      <Value field={field} value={value} plain />
    </Text>
  )
}
