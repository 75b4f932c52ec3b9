import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import type { PanelProps } from '../../editor/panels/slots'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { editor as t } from '../../text/editor'

/** Publish the draft, after everything is saved. */
export function PublishReview({ onClose }: PanelProps) {
  const { workflow, saver, save, adopt } = useOpenWorkflow()
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const publish = async () => {
    setBusy(true)
    try {
      if (!(await save())) return
      const { data } = await api.publishWorkflow({
        path: { key: workflow.key },
        body: { note },
        headers: { 'If-Match': saver.etag },
        throwOnError: true,
      })
      adopt(data)
      sayDone(t.published(data.active_version ?? 1))
      onClose()
    } catch (error) {
      sayProblem(error, t.notPublished)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t.publishTitle(workflow.name)}>
      <Stack gap="md">
        <Text size="sm">{t.publishAbout}</Text>
        <Textarea
          label={t.publishNote}
          value={note}
          maxLength={2_000}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {shared.common.cancel}
          </Button>
          <Button loading={busy} onClick={publish}>
            {t.publish}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
