import { Box, Button, Group, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { editor as t } from '../../text/editor'
import { edgeId, nodeOf } from '../document'
import { nodeTitle } from '../naming'
import { removeSelected } from '../operations'
import { exitsIn, useEditor, useEditorState } from '../store'
import { PanelTop } from './PanelTop'

/** A connection: from where to where, and what can be done with it. */
export function EdgePanel({ id }: { id: string }) {
  const editor = useEditor()
  const said = useEditorState((state) => {
    const edge = state.draft.document.edges.find((one) => edgeId(one) === id)
    const source = nodeOf(state.draft.document, edge?.from)
    if (!edge || !source) return ''
    const title = (key: string) => nodeTitle(state.draft.document, state.known.blocks, key)
    const exits = exitsIn(state, source)
    const exit = exits.length > 1 ? exits.find((one) => one.key === edge.port)?.label : undefined
    return t.leads(title(edge.from), exit, title(edge.to))
  })
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const insert = () => {
    const edge = editor.document.edges.find((one) => edgeId(one) === id)
    if (edge) editor.ask({ kind: 'add', after: { key: edge.from, port: edge.port } })
  }
  return (
    <Box p="sm">
      <PanelTop title={t.connection} />
      <Text size="sm" mb="md">
        {said}
      </Text>
      {!readOnly && (
        <Group gap="xs">
          <Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={insert}>
            {t.insertHere}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconTrash size={15} />}
            onClick={() => removeSelected(editor)}
          >
            {t.disconnect}
          </Button>
        </Group>
      )}
    </Box>
  )
}
