import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { When } from '../../parts/When'
import { editor as t } from '../../text/editor'
import { differences } from '../merge'
import { useOpenWorkflow } from '../page'
import { forgetAll, type Kept, keep } from '../saving/kept'
import { useDrawer } from '../saving/useSaver'
import { useEditor } from '../store'
import { DifferenceList } from './DifferenceList'

/** On return, where the page was left before all was saved: the copy of this browser is offered. */
export function KeptDialog({ kept, onDone }: { kept: Kept; onDone: () => void }) {
  const editor = useEditor()
  const { workflow, saver } = useOpenWorkflow()
  const drawer = useDrawer(workflow.key)
  const [found] = useState(() => differences(kept.base, kept.draft))
  const restore = () => {
    onDone()
    forgetAll(drawer)
    keep(drawer, kept)
    saver.goOnFrom(kept.base, kept.etag)
    editor.change(kept.draft)
  }
  const discard = () => {
    onDone()
    forgetAll(drawer)
  }
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t.kept.title}
    >
      <Stack gap="md" data-testid="kept">
        <Text size="sm">
          {t.kept.about} <When at={new Date(kept.at).toISOString()} />.
        </Text>
        <DifferenceList title={t.kept.what} found={found} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={discard}>
            {t.kept.discard}
          </Button>
          <Button onClick={restore} data-autofocus>
            {t.kept.restore}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
