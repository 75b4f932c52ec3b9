import { Button, Group, List, Stack, ThemeIcon, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { Workflow } from '../../api'
import { publish as t } from '../../text/trust'

interface Props {
  workflow: Workflow
  /** When it starts, in words. */
  trigger: string
  onClose: () => void
}

/** After publishing: what happens next, and how to go back. */
export function Published({ workflow, trigger, onClose }: Props) {
  return (
    <Stack gap="md" data-testid="published">
      <Group gap="sm">
        <ThemeIcon color="green" variant="light" size={36} radius="xl" aria-hidden>
          <IconCheck size={20} />
        </ThemeIcon>
        <Title order={2} role="status">
          {t.done(workflow.active_version ?? 1)}
        </Title>
      </Group>
      <List spacing={4} size="sm">
        <List.Item>{t.nextStarts(trigger)}</List.Item>
        <List.Item>{t.nextRuns}</List.Item>
        <List.Item>{t.nextTest}</List.Item>
        <List.Item>{t.nextUndo}</List.Item>
      </List>
      <Group justify="flex-end" gap="xs">
        <Button component={Link} to={`/runs?workflow=${encodeURIComponent(workflow.key)}`} variant="default">
          {t.history}
        </Button>
        <Button onClick={onClose} data-autofocus>
          {t.toEditor}
        </Button>
      </Group>
    </Stack>
  )
}
