import { Button, Group, Paper, Text } from '@mantine/core'
import { records as t } from '../../text/records'

interface Props {
  count: number
  saving: boolean
  onDiscard: () => void
}

/** What is not saved yet, at the foot of the form as long as there is something. */
export function SaveBar({ count, saving, onDiscard }: Props) {
  return (
    <Paper
      className="surface"
      shadow="md"
      p="xs"
      mt="md"
      style={{ position: 'sticky', bottom: 12, zIndex: 5 }}
      role="region"
      aria-label={t.unsaved(count)}
    >
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">
          {t.unsaved(count)}
        </Text>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={onDiscard} disabled={saving}>
            {t.discard}
          </Button>
          <Button size="xs" type="submit" loading={saving} data-testid="save-record">
            {t.save}
          </Button>
        </Group>
      </Group>
    </Paper>
  )
}
