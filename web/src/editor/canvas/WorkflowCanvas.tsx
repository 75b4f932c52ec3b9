import '@xyflow/react/dist/style.css'
import { useComputedColorScheme } from '@mantine/core'
import {
  Background,
  Controls,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  type ReactFlowState,
  useStore,
} from '@xyflow/react'
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import type { DraftNodeOut } from '../../api'
import { editor as t } from '../../text/editor'
import { guessedExits, useCatalogue } from '../catalogue'
import type { Position, WorkflowDocument, WorkflowNode } from '../document'
import { GRID, withPlaces } from '../layout'
import { useChecked } from '../useChecked'
import classes from './canvas.module.css'
import { ExitEdge } from './ExitEdge'
import { type Decoration, FlowBuilder, type FlowNode, type Look } from './flow'
import { type Box, liesOverBlock, MAP } from './mapPlace'
import { NodeCard } from './NodeCard'
import { showFromStart } from './openingView'

export const NODE_TYPES = { card: NodeCard }
export const EDGE_TYPES = { exit: ExitEdge }

interface Props {
  document: WorkflowDocument
  /** The module that it watches, so that summaries can name its fields. */
  module: string | null
  /** Exits and summaries, where they are known; without them the server is asked. */
  nodes?: readonly DraftNodeOut[]
  /** What happened at a node. */
  decorate?: (nodeKey: string) => Decoration | undefined
  /** How many took an exit: "node/port" → what to write on its line. */
  edgeCounts?: ReadonlyMap<string, string>
  onNodeClick?: (nodeKey: string) => void
  selected?: string | null
  /** What lies over the canvas: a legend, buttons. */
  children?: ReactNode
  label?: string
}

/** A workflow to look at: a run, a test, a version. Nothing on it can be changed. */
export function WorkflowCanvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Viewer {...props} />
    </ReactFlowProvider>
  )
}

const NOTHING: ReadonlyMap<string, Position> = new Map()

function Viewer({
  document,
  module,
  nodes,
  decorate,
  edgeCounts,
  onNodeClick,
  selected,
  children,
  label,
}: Props) {
  const { known } = useCatalogue()
  const scheme = useComputedColorScheme()
  const asked = useChecked(document, module, nodes === undefined)
  const element = useRef<HTMLElement>(null)
  const [builder] = useState(() => new FlowBuilder())
  const checked = nodes ?? asked.data?.nodes
  const byKey = useMemo(() => new Map(checked?.map((node) => [node.key, node])), [checked])
  const exitsOf = useCallback(
    (node: WorkflowNode) => byKey.get(node.key)?.ports ?? guessedExits(known, document, node),
    [byKey, known, document],
  )
  const placed = useMemo(() => withPlaces(document, exitsOf), [document, exitsOf])
  const lookOf = useCallback(
    (node: WorkflowNode): Look => ({
      exits: exitsOf(node),
      summary: byKey.get(node.key)?.summary ?? '',
      errors: 0,
      advice: 0,
      decoration: decorate?.(node.key),
    }),
    [exitsOf, byKey, decorate],
  )
  const chosen = useMemo(() => new Set(selected ? [selected] : []), [selected])
  const flowNodes = builder.nodesOf(placed, known?.blocks ?? new Map(), lookOf, chosen, NOTHING, true)
  const flowEdges = builder.edgesOf(placed, null, edgeCounts, true)
  return (
    <section
      ref={element}
      className={classes.canvas}
      data-testid="workflow-canvas"
      aria-label={label ?? t.canvasLabel}
    >
      <ReactFlow
        nodes={flowNodes}
        edges={flowEdges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={Boolean(onNodeClick)}
        disableKeyboardA11y
        deleteKeyCode={null}
        onNodeClick={(_, node) => onNodeClick?.(node.id)}
        onlyRenderVisibleElements={flowNodes.length > 80}
        minZoom={0.1}
        maxZoom={1.5}
        onInit={(flow) => showFromStart(flow, element.current)}
        proOptions={NO_LINK}
      >
        <Furniture large={false} />
        {flowNodes.length > 12 && <MapBesideBlocks />}
        {children}
      </ReactFlow>
    </section>
  )
}

export const FIT = { padding: 0.15, maxZoom: 1 }
export const NO_LINK = { hideAttribution: true }

/** The dotted paper, the zoom buttons, and a map where a workflow does not fit the window. */
export function Furniture({ large }: { large: boolean }) {
  return (
    <>
      <Background gap={GRID} size={1} color="light-dark(#cfd5d9, #31373d)" />
      <Controls showInteractive={false} fitViewOptions={FIT} position="bottom-left" />
      {large && <WorkflowMap />}
    </>
  )
}

const WorkflowMap = () => (
  <MiniMap<FlowNode>
    position="bottom-right"
    pannable
    zoomable
    nodeColor={miniColor}
    nodeBorderRadius={8}
    ariaLabel={t.miniMap}
    style={MAP}
  />
)

/** The map, as long as no block lies where it would be: what is only looked at should be seen. */
function MapBesideBlocks() {
  return useStore(covers) ? null : <WorkflowMap />
}

function covers({ nodeLookup, transform: [x, y, zoom], width, height }: ReactFlowState): boolean {
  const blocks: Box[] = [...nodeLookup.values()].map((node) => ({
    ...node.internals.positionAbsolute,
    width: node.measured.width ?? node.width ?? 0,
    height: node.measured.height ?? node.height ?? 0,
  }))
  return liesOverBlock(blocks, { x, y, zoom, width, height })
}

const miniColor = (node: FlowNode) => (node.data.look.errors > 0 ? '#e03131' : '#8a949c')
