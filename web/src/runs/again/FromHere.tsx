import { Button, CloseButton, Group, Paper, Text } from '@mantine/core'
import { IconRotateClockwise } from '@tabler/icons-react'
import { again as t } from '../../text/again'

/** The way from a block to the question whether to run again from it. */
export function FromHereButton({ onAgain }: { onAgain: () => void }) {
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconRotateClockwise size={14} aria-hidden />}
      onClick={onAgain}
      style={{ alignSelf: 'flex-start', flex: 'none' }}
    >
      {t.here}
    </Button>
  )
}

interface Props {
  name: string
  onAgain: () => void
  onClose: () => void
}

/** Over the canvas: the block that was chosen on it, and running again from there. */
export function ChosenBlock({ name, onAgain, onClose }: Props) {
  return (
    <Paper
      className="surface"
      role="group"
      aria-label={t.chosen}
      data-testid="chosen-block"
      shadow="sm"
      px="sm"
      py={6}
      maw="calc(100% - 24px)"
      style={{ position: 'absolute', top: 12, right: 12, zIndex: 5 }}
    >
      <Group gap="xs" wrap="nowrap">
        <Text size="sm" fw={600} truncate dir="auto">
          {name}
        </Text>
        <FromHereButton onAgain={onAgain} />
        <CloseButton size="sm" aria-label={t.close} onClick={onClose} />
      </Group>
    </Paper>
  )
}
