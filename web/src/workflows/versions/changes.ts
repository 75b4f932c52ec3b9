import type { DifferencesOut } from '../../api'

/** Whether two versions mean the same. */
export const isSame = (found: DifferencesOut): boolean =>
  found.nodes.length + found.edges.length + found.settings.length === 0

/** How each node stands out: on the older canvas what is gone, on the newer one what came. */
export function marksOf(found: DifferencesOut | undefined, side: 'before' | 'after'): Map<string, string> {
  const hidden = side === 'before' ? 'added' : 'removed'
  const shown = (found?.nodes ?? []).filter((node) => node.change !== hidden)
  return new Map(shown.map((node) => [node.key, node.change]))
}
