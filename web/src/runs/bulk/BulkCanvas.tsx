import { Center, Text } from '@mantine/core'
import { useCallback, useMemo } from 'react'
import type { DrawingOut } from '../../api'
import { WorkflowCanvas } from '../../editor/canvas'
import { readDocument, startOf } from '../../editor/document'
import { bulk as t } from '../../text/bulk'
import { type Counts, edgeCounts, nodesOf, type Taken } from './shape'

interface Props {
  drawing: DrawingOut
  edges: readonly Taken[]
  run: Counts
}

/** The workflow with how many records took each exit, where they are now, and where they failed. */
export function BulkCanvas({ drawing, edges, run }: Props) {
  const document = useMemo(() => readDocument(drawing.document), [drawing])
  const start = startOf(document)?.key
  const nodes = useMemo(() => nodesOf(document, edges, run, start), [document, edges, run, start])
  const counts = useMemo(() => edgeCounts(edges, run, start), [edges, run, start])
  const decorate = useCallback((key: string) => nodes.get(key) ?? { status: 'untouched' }, [nodes])
  if (document.nodes.length === 0)
    return (
      <Center h="100%">
        <Text size="sm" c="dimmed">
          {t.pathsNone}
        </Text>
      </Center>
    )
  return (
    <WorkflowCanvas
      document={document}
      module={drawing.module}
      nodes={drawing.nodes}
      decorate={decorate}
      edgeCounts={counts}
      label={t.paths}
    />
  )
}
