import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, type BlockOut, type Catalogue, getCatalogueOptions, type Port } from '../api'
import { editor as t } from '../text/editor'
import { NEXT, portsInUse, START, type WorkflowDocument, type WorkflowNode } from './document'

/** What the editor knows of blocks before it asks about a drawing. */
export interface Known {
  catalogue: Catalogue
  blocks: ReadonlyMap<string, BlockOut>
  /** The exits of a block that is not configured yet. */
  fresh: ReadonlyMap<string, readonly Port[]>
}

const ONE: readonly Port[] = [{ key: NEXT, label: t.next }]

/** All blocks and triggers, with the exits that a new one of each has; the server is asked once. */
export function useCatalogue() {
  const catalogue = useQuery({ ...getCatalogueOptions(), staleTime: Number.POSITIVE_INFINITY })
  const blocks = catalogue.data?.blocks
  const fresh = useQuery({
    queryKey: ['fresh-exits', blocks?.map((block) => block.key).join()],
    enabled: Boolean(blocks),
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => freshExits(blocks ?? []),
  })
  const known = useMemo<Known | undefined>(
    () =>
      catalogue.data && {
        catalogue: catalogue.data,
        blocks: new Map(catalogue.data.blocks.map((block) => [block.key, block])),
        fresh: fresh.data ?? new Map(),
      },
    [catalogue.data, fresh.data],
  )
  return { known, ready: Boolean(known && fresh.data), error: catalogue.error, retry: catalogue.refetch }
}

/** One of each block on an empty sheet, so that the server says which exits it has. */
async function freshExits(blocks: BlockOut[]): Promise<Map<string, readonly Port[]>> {
  const nodes = blocks.map((block, index) => ({ key: `n${index}`, block: block.key, config: {} }))
  const { data } = await api.checkWorkflow({
    body: { document: { format: 1, nodes, edges: [], settings: {} } },
    throwOnError: true,
  })
  const found = new Map(data.nodes.map((node) => [node.key, node.ports]))
  return new Map(nodes.map((node) => [node.block, found.get(node.key) ?? ONE]))
}

/** The exits of a node until the server says: those of a new block of its kind, and those that are in use. */
export function guessedExits(
  known: Known | undefined,
  document: WorkflowDocument,
  node: WorkflowNode,
): readonly Port[] {
  if (node.block === START) return ONE
  const base = known?.fresh.get(node.block) ?? []
  const more = portsInUse(document, node.key).filter((port) => !base.some((exit) => exit.key === port))
  const all = [...base, ...more.map((port) => ({ key: port, label: port }))]
  return all.length > 0 || known?.fresh.has(node.block) ? all : ONE
}
