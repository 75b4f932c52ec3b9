import { ActionIcon, Button, Menu, Modal, Stack, Text, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCalendarPlus, IconDots, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import {
  type DataTask,
  type DataTaskOut,
  deleteDataTaskMutation,
  queries,
  runDataTaskMutation,
  scheduleDataTaskMutation,
  tryDataTaskMutation,
} from '../api'
import { CronInput } from '../form/CronInput'
import { confirm } from '../parts/confirm'
import { sayDone, sayProblem } from '../parts/saying'
import { dataTasks as t } from '../text/dataTasks'

interface Props {
  task: DataTaskOut
  /** What stands on the page is not saved yet. */
  touched: boolean
}

/** Run it now, after a look at how many records that is; put it on a schedule; remove it. */
export function DataTaskDeeds({ task, touched }: Props) {
  const navigate = useNavigate()
  const [scheduling, { open, close }] = useDisclosure(false)
  const path = { key: task.key }
  const look = useMutation(tryDataTaskMutation())
  const run = useMutation({
    ...runDataTaskMutation(),
    onSuccess: (result) => sayDone(t.ran(result.updated, result.created)),
    onError: (error) => sayProblem(error, t.notRun),
  })
  const remove = useMutation({
    ...deleteDataTaskMutation(),
    onSuccess: () => {
      sayDone(t.removed)
      queries.invalidateQueries({ queryKey: [{ _id: 'listDataTasks' }] })
      navigate('/data-tasks')
    },
    onError: (error) => sayProblem(error, t.notRemoved),
  })
  const runNow = async () => {
    try {
      const body = { definition: task.definition as unknown as DataTask }
      const result = await look.mutateAsync({ body })
      const title = t.runTitle(result.updated + result.created)
      if (await confirm({ title, about: t.runAbout, yes: t.runYes })) run.mutate({ path })
    } catch (error) {
      sayProblem(error, t.notRun)
    }
  }
  const removeIt = async () => {
    const question = { title: t.removeTitle(task.name), about: t.removeAbout, yes: t.remove, danger: true }
    if (await confirm(question)) remove.mutate({ path })
  }
  return (
    <>
      <Tooltip label={t.first} disabled={!touched}>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={16} />}
          data-disabled={touched || undefined}
          onClick={(event) => (touched ? event.preventDefault() : runNow())}
          loading={look.isPending || run.isPending}
        >
          {t.run}
        </Button>
      </Tooltip>
      <Button variant="default" leftSection={<IconCalendarPlus size={16} />} onClick={open}>
        {t.schedule}
      </Button>
      <Menu width={200} returnFocus>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t.menu}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={removeIt}>
            {t.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {scheduling && <Schedule task={task} onClose={close} />}
    </>
  )
}

function Schedule({ task, onClose }: { task: DataTaskOut; onClose: () => void }) {
  const navigate = useNavigate()
  const [cron, setCron] = useState('0 23 * * *')
  const make = useMutation({
    ...scheduleDataTaskMutation(),
    onSuccess: (made) => navigate(`/workflows/${made.workflow}`),
    onError: (error) => sayProblem(error, t.notScheduled),
  })
  return (
    <Modal opened onClose={onClose} title={t.schedule}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t.scheduleAbout}
        </Text>
        <CronInput aria-label={t.schedule} value={cron} onChange={setCron} />
        <Button
          loading={make.isPending}
          onClick={() => make.mutate({ path: { key: task.key }, body: { cron } })}
        >
          {t.scheduleMake}
        </Button>
      </Stack>
    </Modal>
  )
}
