import type { DrawingOut } from '../api'
import { readDocument } from '../editor/document'
import { spoken } from '../playbooks/spoken'

/** What the blocks of a run are called, by node. */
export function namesOf(drawing: DrawingOut | undefined): Map<string, { label: string; summary: string }> {
  if (!drawing) return new Map()
  const summaries = new Map(drawing.nodes.map((node) => [node.key, node.summary]))
  return new Map(
    readDocument(drawing.document).nodes.map((node) => [
      node.key,
      { label: spoken(node.label ?? ''), summary: spoken(summaries.get(node.key) ?? '') },
    ]),
  )
}
