import { Box, Button, Stack, Text } from '@mantine/core'
import { IconClipboard, IconCopy, IconTrash } from '@tabler/icons-react'
import { sayDone } from '../../parts/saying'
import { editor as t } from '../../text/editor'
import { copySelected, duplicateSelected, removeSelected } from '../operations'
import { useEditor, useEditorState } from '../store'
import { PanelTop } from './PanelTop'

/** Several blocks at once. */
export function ManyPanel() {
  const editor = useEditor()
  const count = useEditorState((state) => state.selected.length)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const copy = async () => {
    const text = copySelected(editor)
    if (text === null) return
    await navigator.clipboard?.writeText(text)
    sayDone(t.copied(count))
  }
  const actions = [
    { label: t.copyBlocks, sign: IconClipboard, act: copy, changes: false },
    { label: t.duplicate, sign: IconCopy, act: () => duplicateSelected(editor), changes: true },
    { label: t.remove, sign: IconTrash, act: () => removeSelected(editor), changes: true },
  ]
  return (
    <Box p="sm">
      <PanelTop title={t.selectedBlocks(count)} />
      <Text size="sm" c="dimmed" mb="sm">
        {t.selectedBlocksMore}
      </Text>
      <Stack gap="xs" align="flex-start">
        {actions
          .filter((action) => !action.changes || !readOnly)
          .map(({ label, sign: Sign, act }) => (
            <Button key={label} size="xs" variant="default" leftSection={<Sign size={15} />} onClick={act}>
              {label}
            </Button>
          ))}
      </Stack>
    </Box>
  )
}
