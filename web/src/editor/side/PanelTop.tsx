import { ActionIcon, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { t as shared } from '../../text'
import { useEditor } from '../store'

interface Props {
  sign?: ReactNode
  title: string
  about?: string
  children?: ReactNode
}

/** The head of a side panel: what is selected, what can be done with it, and the way back to the workflow. */
export function PanelTop({ sign, title, about, children }: Props) {
  const editor = useEditor()
  const close = () => {
    editor.select([])
    editor.surface?.element.focus({ preventScroll: true })
  }
  return (
    <Stack gap={4} mb="sm">
      <Group justify="space-between" wrap="nowrap" align="center" gap={6}>
        <Group gap={8} wrap="nowrap" miw={0}>
          {sign}
          <Text fw={600} truncate component="h2" m={0} fz="md">
            {title}
          </Text>
        </Group>
        <Group gap={2} wrap="nowrap">
          {children}
          <Tooltip label={shared.common.close}>
            <ActionIcon variant="subtle" color="gray" aria-label={shared.common.close} onClick={close}>
              <IconX size={17} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {about && (
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      )}
    </Stack>
  )
}
