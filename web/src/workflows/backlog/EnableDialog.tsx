import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import type { BacklogOut } from '../../api'
import { t as shared } from '../../text'
import { backlog as t } from '../../text/backlog'
import { type Answer, BacklogQuestion } from './BacklogQuestion'

interface Props {
  name: string
  module: string | null
  found: BacklogOut
  /** Stages of a scale-up went over these records already, so they are left unless one says otherwise. */
  staged?: boolean
  onClose: () => void
  onSay: (answer: Answer) => void
}

/** Before a workflow that goes by dates is enabled: what of the dates that have passed? */
export function EnableDialog({ name, module, found, staged = false, onClose, onSay }: Props) {
  const [answer, setAnswer] = useState<Answer>(staged ? 'skip' : found.trigger)
  return (
    <Modal opened onClose={onClose} title={t.enableTitle(name)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onSay(answer)
        }}
      >
        <Stack gap="md">
          <BacklogQuestion
            found={found}
            module={module}
            staged={staged}
            value={answer}
            onChange={setAnswer}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit">{t.enable}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
