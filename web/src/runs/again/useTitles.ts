import { useMemo } from 'react'
import type { DrawingOut } from '../../api'
import { useCatalogue } from '../../editor/catalogue'
import { readDocument, START } from '../../editor/document'
import { spoken } from '../../playbooks/spoken'

/** What people call the blocks of a drawing, START aside, in its order: node → name. */
export function useTitles(drawing: DrawingOut): Map<string, string> {
  const blocks = useCatalogue().known?.blocks
  return useMemo(() => {
    const nodes = readDocument(drawing.document).nodes.filter((node) => node.block !== START)
    return new Map(
      nodes.map((node) => [node.key, spoken(node.label ?? '') || blocks?.get(node.block)?.label || node.key]),
    )
  }, [drawing, blocks])
}
