import type { BlockOut } from '../api'
import { titleOf } from './canvas/NodeCard'
import { nodeOf, type WorkflowDocument } from './document'
import { useEditorState } from './store'

/** What a block is called where there is no card: lists, messages, choices. */
export function nodeTitle(
  document: WorkflowDocument,
  blocks: ReadonlyMap<string, BlockOut>,
  key: string,
): string {
  const node = nodeOf(document, key)
  return node ? titleOf({ node, block: blocks.get(node.block) }) : key
}

export function useNodeTitle(key: string): string {
  return useEditorState((state) => nodeTitle(state.draft.document, state.known.blocks, key))
}
