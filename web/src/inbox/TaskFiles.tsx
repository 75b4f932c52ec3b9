import { Button, FileButton, Group, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api, type Task } from '../api'
import { sayDone, sayProblem } from '../parts/saying'
import { inbox as t } from '../text/inbox'
import { refreshInbox } from './useItemDeeds'

/** Adds a document to a task, and to the record that the task is about. */
export function TaskFiles({ task }: { task: Pick<Task, 'id' | 'needs_file'> }) {
  const add = useMutation({
    mutationFn: async (file: File) => {
      const uploaded = await api.uploadDocument({ body: { file }, throwOnError: true })
      const body = { document_id: uploaded.data.id }
      await api.addTaskFile({ path: { task_id: task.id }, body, throwOnError: true })
      return uploaded.data.name
    },
    onSuccess: (name) => sayDone(t.uploaded(name)),
    onError: (error) => sayProblem(error, t.notUploaded),
    onSettled: refreshInbox,
  })
  return (
    <Group gap="sm">
      <FileButton onChange={(file) => file && add.mutate(file)} inputProps={{ 'aria-label': t.upload }}>
        {(props) => (
          <Button
            {...props}
            size="compact-sm"
            variant="default"
            leftSection={<IconUpload size={15} aria-hidden />}
            loading={add.isPending}
          >
            {t.upload}
          </Button>
        )}
      </FileButton>
      {task.needs_file && (
        <Text size="sm" c="dimmed">
          {t.needsFile}
        </Text>
      )}
    </Group>
  )
}
