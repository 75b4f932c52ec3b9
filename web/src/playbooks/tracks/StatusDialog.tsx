import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { changeRecordStrategyMutation, type StatusChange } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { tracks as t } from '../../text/tracks'
import { refreshTracks } from './refresh'

export type Action = StatusChange['action']

interface Props {
  path: { module: string; record_id: string }
  action: Action
  onClose: () => void
}

/** Pause, resume, begin again or end a record's strategy, with a reason. */
export function StatusDialog({ path, action, onClose }: Props) {
  const [reason, setReason] = useState('')
  const change = useMutation({
    ...changeRecordStrategyMutation(),
    onSuccess: () => {
      sayDone(t.strategyChanged[action])
      onClose()
    },
    onSettled: refreshTracks,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    change.mutate({ path, body: { action, reason: reason.trim() || null } })
  }
  return (
    <Modal opened onClose={onClose} title={`${t.strategy}: ${t.strategyActions[action]}`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t.strategyAbout[action]}
          </Text>
          <Textarea
            data-autofocus
            label={t.reason}
            autosize
            minRows={2}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {change.error && <Problem error={change.error} title={t.notChanged} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={change.isPending} color={action === 'end' ? 'red' : undefined}>
              {t.strategyActions[action]}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
