import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconNote } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { addActivityMutation, type NewActivity } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { calendar as t } from '../../text/calendar'
import type { PartProps } from './SidePanel'

type Kind = NonNullable<NewActivity['kind']>
const KINDS: Kind[] = ['note', 'call', 'meeting', 'email', 'other']

/** A button, and the form behind it, to write down what was done about a record. */
export function AddActivity({ module, record }: PartProps) {
  const [open, { open: show, close }] = useDisclosure(false)
  return (
    <>
      <Group justify="flex-end">
        <Button size="xs" variant="default" leftSection={<IconNote size={15} aria-hidden />} onClick={show}>
          {t.add}
        </Button>
      </Group>
      <Modal opened={open} onClose={close} title={t.addTitle}>
        <Form module={module} record={record} onDone={close} />
      </Modal>
    </>
  )
}

function Form({ module, record, onDone }: PartProps & { onDone: () => void }) {
  const [kind, setKind] = useState<Kind>('note')
  const [title, setTitle] = useState('')
  const [body, setBody] = useState('')
  const cache = useQueryClient()
  const add = useMutation({
    ...addActivityMutation(),
    onSuccess: async () => {
      sayDone(t.added)
      await cache.invalidateQueries({ predicate: (one) => isOf(one.queryKey, 'listActivities') })
      onDone()
    },
    onError: (error) => sayProblem(error, t.notAdded),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const path = { module: module.key, record_id: String(record.id) }
    add.mutate({ path, body: { kind, title, body: body || null } })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Select
          label={t.type}
          data={KINDS.map((one) => ({ value: one, label: t.activityKinds[one] ?? one }))}
          value={kind}
          onChange={(next) => setKind(KINDS.find((one) => one === next) ?? 'note')}
          allowDeselect={false}
        />
        <TextInput
          label={t.what}
          placeholder={t.whatHint}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          maxLength={300}
          required
          data-autofocus
        />
        <Textarea
          label={t.details}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={12}
          maxLength={20_000}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {shared.common.cancel}
          </Button>
          <Button type="submit" loading={add.isPending} disabled={!title.trim()}>
            {t.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Whether a query is the one that the API calls so. */
export function isOf(key: readonly unknown[], operation: string): boolean {
  const [first] = key
  return typeof first === 'object' && first !== null && '_id' in first && first._id === operation
}
