import { ActionIcon, Button, Fieldset, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { signalRunMutation, type WholeRun } from '../api'
import { sayDone, sayProblem } from '../parts/saying'
import { t as shared } from '../text'
import { signal as t } from '../text/again'
import { type Row, valuesOf } from './signal'

interface Props {
  run: WholeRun
  /** The name of the signal that the run waits for. */
  awaited: string
  onClose: () => void
}

/** Send a signal to a waiting run, with values if there are any to bring along. */
export function SignalDialog({ run, awaited, onClose }: Props) {
  const cache = useQueryClient()
  const [name, setName] = useState(awaited)
  const [rows, setRows] = useState<Row[]>([])
  const send = useMutation({
    ...signalRunMutation(),
    onSuccess: ({ waiting }) => {
      sayDone(waiting ? t.sent : t.notWaiting)
      cache.invalidateQueries()
      onClose()
    },
    onError: (error) => sayProblem(error, t.notSent),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send.mutate({ path: { run_id: run.id }, body: { name: name.trim(), payload: valuesOf(rows) } })
  }
  return (
    <Modal opened onClose={onClose} title={t.title}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">{t.about}</Text>
          <TextInput
            label={t.name}
            value={name}
            required
            maxLength={200}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
            error={name.trim() !== awaited && t.otherName(awaited)}
          />
          <ValueRows rows={rows} onChange={setRows} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={send.isPending} disabled={name.trim() === ''}>
              {t.send}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function ValueRows({ rows, onChange }: { rows: Row[]; onChange: (rows: Row[]) => void }) {
  const put = (at: number, change: Partial<Row>) =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...change } : row)))
  return (
    <Fieldset
      legend={
        <Text span size="sm" fw={600}>
          {t.values}
        </Text>
      }
      variant="unstyled"
      style={{ margin: 0, padding: 0 }}
    >
      <Stack gap="xs" align="stretch">
        <Text size="xs" c="dimmed">
          {t.valuesAbout}
        </Text>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name while it is typed
          <Group key={index} gap="xs" wrap="nowrap">
            <TextInput
              flex={1}
              aria-label={t.valueName(index + 1)}
              placeholder={t.valueHint}
              value={row.name}
              onChange={(event) => put(index, { name: event.currentTarget.value })}
            />
            <TextInput
              flex={2}
              aria-label={t.value(index + 1)}
              value={row.value}
              onChange={(event) => put(index, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t.removeValue(index + 1)}
              onClick={() => onChange(rows.filter((_, other) => other !== index))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...rows, { name: '', value: '' }])}
          style={{ alignSelf: 'flex-start' }}
        >
          {t.addValue}
        </Button>
      </Stack>
    </Fieldset>
  )
}
