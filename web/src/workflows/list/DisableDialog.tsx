import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { ToState } from '../../api'
import { t as shared } from '../../text'
import { workflows as t } from '../../text/workflows'

type InFlight = NonNullable<ToState['in_flight']>

const CHOICES: readonly { value: InFlight; label: string; about: string }[] = [
  { value: 'finish', label: t.disable.finish, about: t.disable.finishAbout },
  { value: 'pause', label: t.disable.pause, about: t.disable.pauseAbout },
  { value: 'cancel', label: t.disable.cancel, about: t.disable.cancelAbout },
]

interface Props {
  name: string
  opened: boolean
  onClose: () => void
  onSay: (inFlight: InFlight) => void
}

/** Before a workflow stops: what becomes of the runs that are under way. */
export function DisableDialog({ name, opened, onClose, onSay }: Props) {
  const [chosen, setChosen] = useState<string>('finish')
  return (
    <Modal opened={opened} onClose={onClose} title={t.disable.title(name)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onSay(CHOICES.find((choice) => choice.value === chosen)?.value ?? 'finish')
        }}
      >
        <Stack gap="md">
          <Text size="sm">{t.disable.about}</Text>
          <Radio.Group label={t.disable.question} value={chosen} onChange={setChosen}>
            <Stack gap="sm" mt="xs">
              {CHOICES.map(({ value, label, about }) => (
                <Radio key={value} value={value} label={label} description={about} />
              ))}
            </Stack>
          </Radio.Group>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit">{t.disable.yes}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
