import { useMemo } from 'react'
import type { WorkflowNode } from '../document'
import { exitsIn, useEditorState } from '../store'
import type { Look } from './flow'

/** What is known of each node now, from the server's last word on the draft. */
export function useLooks(): (node: WorkflowNode) => Look {
  const checked = useEditorState((state) => state.checked)
  const known = useEditorState((state) => state.known)
  const draft = useEditorState((state) => state.draft)
  return useMemo(() => {
    const errors = countBy(checked?.problems)
    const advice = countBy(checked?.advice)
    const summaries = new Map(checked?.nodes.map((node) => [node.key, node]))
    const exits = new Map(checked?.nodes.map((node) => [node.key, node.ports]))
    return (node) => ({
      exits: exits.get(node.key) ?? exitsIn({ checked: null, known, draft }, node),
      summary: summaries.get(node.key)?.summary ?? known.blocks.get(node.block)?.label ?? '',
      errors: errors.get(node.key) ?? 0,
      advice: advice.get(node.key) ?? 0,
    })
  }, [checked, known, draft])
}

function countBy(items: readonly { node: string | null }[] | undefined): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { node } of items ?? []) if (node) counts.set(node, (counts.get(node) ?? 0) + 1)
  return counts
}
