import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { IconDots, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import {
  countMatchesMutation,
  type DataTaskOut,
  deleteDataTaskMutation,
  queries,
  runDataTaskInBulkMutation,
} from '../api'
import { confirm } from '../parts/confirm'
import { sayDone, sayProblem } from '../parts/saying'
import { dataTasks as t } from '../text/dataTasks'

interface Props {
  task: DataTaskOut
  /** What stands on the page is not saved yet. */
  touched: boolean
}

/** Run it now, after a look at how many records that is; remove it. */
export function DataTaskDeeds({ task, touched }: Props) {
  const navigate = useNavigate()
  const path = { key: task.key }
  const look = useMutation(countMatchesMutation())
  const run = useMutation({
    ...runDataTaskInBulkMutation(),
    onSuccess: ({ bulk_run }) => navigate(`/runs/bulk/${bulk_run}`),
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
      const { module, where } = task.definition as { module: string; where?: unknown }
      const found = await look.mutateAsync({ body: { module, condition: where ?? {} } })
      const title = t.runTitle(found.count ?? found.at_least, found.count === null)
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
    </>
  )
}
