import { Button, Group, Modal, Radio, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { asProblem, listTaskSchedulesOptions, scheduleDataTaskMutation } from '../api'
import type { Config } from '../form'
import { Problem } from '../parts/Problem'
import { dataTasks as t } from '../text/dataTasks'
import { saysWhen } from '../workflows/wizard/answers'
import { WhenStep } from '../workflows/wizard/WhenStep'

interface Props {
  task: string
  onClose: () => void
}

/** Put a saved task into a new schedule, or at the end of one that is there; ends in the editor. */
export function AddToSchedule({ task, onClose }: Props) {
  const navigate = useNavigate()
  const [how, setHow] = useState('new')
  const [start, setStart] = useState<Config>({})
  const [workflow, setWorkflow] = useState<string | null>(null)
  const schedules = useQuery(listTaskSchedulesOptions())
  const make = useMutation({
    ...scheduleDataTaskMutation(),
    onSuccess: (made) => navigate(`/workflows/${made.workflow}`),
  })
  const problem = make.error ? asProblem(make.error) : null
  const problems = (problem?.problems ?? [])
    .filter((one) => one.path.startsWith('/start'))
    .map((one) => ({ ...one, path: one.path.slice('/start'.length) }))
  const ready = how === 'new' ? saysWhen(start) : workflow !== null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready) make.mutate({ path: { key: task }, body: how === 'new' ? { start } : { workflow } })
  }
  return (
    <Modal opened onClose={onClose} title={t.schedule} size="lg">
      <form onSubmit={submit} data-testid="add-to-schedule">
        <Stack gap="md">
          <Radio.Group label={t.scheduleWhich} value={how} onChange={setHow}>
            <Group gap="md" mt={6}>
              <Radio value="new" label={t.scheduleNew} data-autofocus />
              <Radio value="existing" label={t.scheduleExisting} />
            </Group>
          </Radio.Group>
          {how === 'new' ? (
            <WhenStep start={start} onChange={setStart} problems={problems} />
          ) : (
            <Select
              label={t.scheduleWorkflow}
              description={t.scheduleWorkflowAbout}
              placeholder={schedules.data?.items.length === 0 ? t.scheduleNone : t.scheduleChoose}
              searchable
              disabled={schedules.data?.items.length === 0}
              data={(schedules.data?.items ?? []).map((one) => ({
                value: one.key,
                label: one.tasks > 0 ? `${one.name} (${t.scheduleTasks(one.tasks)})` : one.name,
              }))}
              value={workflow}
              onChange={setWorkflow}
            />
          )}
          {problem && problems.length === 0 && <Problem error={problem} title={t.notScheduled} />}
          <Text size="sm" c="dimmed">
            {how === 'new' ? t.scheduleAbout : t.scheduleExistingAbout}
          </Text>
          <Group justify="flex-end">
            <Button type="submit" disabled={!ready} loading={make.isPending}>
              {how === 'new' ? t.scheduleMake : t.scheduleAdd}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
