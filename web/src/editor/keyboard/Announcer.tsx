import { VisuallyHidden } from '@mantine/core'
import { format } from '../../text'
import { editor as t } from '../../text/editor'
import { edgeAt, nodeOf } from '../document'
import { nodeTitle } from '../naming'
import { exitsIn, useEditorState } from '../store'

/** Tells a screen reader what is selected on the canvas, and where its exits lead. */
export function Announcer() {
  const words = useEditorState((state) => {
    const { selected, draft, known, checked } = state
    if (selected.length > 1) return t.selectedBlocks(selected.length)
    const node = nodeOf(draft.document, selected[0])
    if (!node) return ''
    const title = (key: string) => nodeTitle(draft.document, known.blocks, key)
    const exits = exitsIn(state, node).map((exit) => {
      const edge = edgeAt(draft.document, { key: node.key, port: exit.key })
      return edge ? t.exitTo(exit.label, title(edge.to)) : t.exitOpen(exit.label)
    })
    const errors = checked?.problems.filter((one) => one.node === node.key).length ?? 0
    const summary = checked?.nodes.find((one) => one.key === node.key)?.summary
    return [title(node.key), summary, errors ? t.problemCount(errors) : '', format.list(exits)]
      .filter(Boolean)
      .join('. ')
  })
  return (
    <VisuallyHidden>
      <span id="canvas-keys">{t.canvasKeys}</span>
      <span aria-live="polite" data-testid="announcer">
        {words}
      </span>
    </VisuallyHidden>
  )
}
