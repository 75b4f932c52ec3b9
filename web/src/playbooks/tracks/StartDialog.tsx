import { Button, Group, Modal, Select, Stack, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, type PlaybookLine, type StartPlaybookResponses, startPlaybookMutation } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { useModules } from '../../records/model'
import { t as shared } from '../../text'
import { tracks as t } from '../../text/tracks'
import { Chooser } from './Chooser'
import { Refused } from './Refused'
import { refreshTracks } from './refresh'

/** Where it is started from: chosen records of a module, or an account. */
export interface From {
  module: string
  records: string[]
  account?: string
}

interface Props {
  choices: PlaybookLine[]
  from: From
  onClose: () => void
  onDone?: () => void
}

/** Which playbook, on which records; what will not get it is said before. */
export function StartDialog({ choices, from, onClose, onDone }: Props) {
  const [key, setKey] = useState<string | null>(choices.length === 1 ? (choices[0]?.key ?? null) : null)
  const [reason, setReason] = useState('')
  const [records, setRecords] = useState<string[] | null>(null)
  const modules = useModules().data?.items
  const playbook = choices.find((one) => one.key === key)
  const start = useMutation({
    ...startPlaybookMutation(),
    onSuccess: (done) => {
      const words = [
        t.started(done.started.length),
        ...(done.queued.length > 0 ? [t.queued(done.queued.length)] : []),
      ]
      if (done.started.length + done.queued.length > 0) sayDone(words.join('; '))
      onDone?.()
      if (done.refused.length === 0) onClose()
    },
    onSettled: refreshTracks,
  })
  const problem = start.error ? asProblem(start.error) : null
  const ofAccount = from.account !== undefined && playbook?.module !== from.module
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    if (!playbook || !records?.length) return
    const body = { records, reason: reason.trim() || null, ...(ofAccount ? { account: from.account } : {}) }
    start.mutate({ path: { key: playbook.key }, body })
  }
  const label = modules?.find((one) => one.key === playbook?.module)?.label_plural ?? ''
  if (start.data && start.data.refused.length > 0)
    return (
      <Modal opened onClose={onClose} title={t.start}>
        <Told result={start.data} onClose={onClose} />
      </Modal>
    )
  return (
    <Modal opened onClose={onClose} title={t.start} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Select
            data-autofocus
            label={t.startWhich}
            placeholder={t.choosePlaybook}
            data={choices.map((one) => ({ value: one.key, label: one.name }))}
            value={key}
            onChange={(next) => {
              setKey(next)
              setRecords(null)
            }}
            description={playbook?.description || undefined}
            allowDeselect={false}
            withAsterisk
          />
          {playbook && (
            <Chooser
              key={playbook.key}
              playbook={playbook.key}
              label={label}
              account={ofAccount ? (from.account ?? null) : null}
              given={ofAccount ? null : from.records}
              onChosen={setRecords}
            />
          )}
          <Textarea
            label={t.reason}
            description={t.reasonAbout}
            autosize
            minRows={2}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {problem && <Problem error={problem} title={t.notStarted} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" disabled={!playbook || !records?.length} loading={start.isPending}>
              {records?.length ? t.begin(records.length) : t.beginAll}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Told({ result, onClose }: { result: StartPlaybookResponses[200]; onClose: () => void }) {
  return (
    <Stack gap="sm">
      <Refused refused={result.refused} />
      <Group justify="flex-end">
        <Button data-autofocus onClick={onClose}>
          {t.close}
        </Button>
      </Group>
    </Stack>
  )
}
