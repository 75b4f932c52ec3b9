import { ActionIcon, Paper, Tooltip } from '@mantine/core'
import { IconKeyboard, IconPlus, IconSitemap } from '@tabler/icons-react'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { arrange } from '../operations'
import { useEditor, useEditorState } from '../store'

/** Over the canvas: add a block, put everything in order, see the keys. */
export function CanvasTools() {
  const editor = useEditor()
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const tidy = () => {
    arrange(editor)
    requestAnimationFrame(() => editor.surface?.flow.fitView({ padding: 0.15, maxZoom: 1, duration: 200 }))
  }
  const tools = [
    { label: t.addBlockKey, sign: IconPlus, act: () => editor.ask({ kind: 'add' }), changes: true },
    { label: t.arrange, sign: IconSitemap, act: tidy, changes: true },
    { label: t.shortcutsKey, sign: IconKeyboard, act: () => editor.ask({ kind: 'help' }), changes: false },
  ]
  return (
    <Paper className={classes.tools} role="toolbar" aria-label={t.tools}>
      {tools
        .filter((tool) => !readOnly || !tool.changes)
        .map(({ label, sign: Sign, act }) => (
          <Tooltip key={label} label={label}>
            <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={act}>
              <Sign size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ))}
    </Paper>
  )
}
