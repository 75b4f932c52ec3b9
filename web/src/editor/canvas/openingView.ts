import { getNodesBounds, type ReactFlowInstance } from '@xyflow/react'
import { START } from '../document'
import { WIDTH } from '../layout'
import type { FlowEdge, FlowNode } from './flow'

/** Smaller than this, cards cannot be read. */
const LEGIBLE = 0.5
const MARGIN = 48

/** How a workflow is first shown: all of it where that can be read, else from START on. */
export function showFromStart(flow: ReactFlowInstance<FlowNode, FlowEdge>, element: HTMLElement | null) {
  const nodes = flow.getNodes()
  const { width, height } = element?.getBoundingClientRect() ?? { width: 0, height: 0 }
  if (nodes.length === 0 || width === 0) return
  const bounds = getNodesBounds(nodes)
  const across = (width - 2 * MARGIN) / bounds.width
  const zoom = Math.min(across, (height - 2 * MARGIN) / bounds.height, 1)
  if (zoom >= LEGIBLE) {
    const x = (width - bounds.width * zoom) / 2 - bounds.x * zoom
    const y = (height - bounds.height * zoom) / 2 - bounds.y * zoom
    return void flow.setViewport({ x, y, zoom })
  }
  const start = nodes.find((node) => node.data.node.block === START) ?? nodes[0]
  const legible = Math.min(Math.max(across, 0.7), 0.85)
  const { x, y } = start?.position ?? bounds
  void flow.setViewport({
    x: width / 2 - (x + WIDTH / 2) * legible,
    y: 1.5 * MARGIN - y * legible,
    zoom: legible,
  })
}
