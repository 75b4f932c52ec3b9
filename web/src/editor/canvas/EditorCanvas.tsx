import '@xyflow/react/dist/style.css'
import { useComputedColorScheme } from '@mantine/core'
import {
  type Connection,
  type FinalConnectionState,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from '@xyflow/react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { editor as t } from '../../text/editor'
import { moveNodes, type Position } from '../document'
import { GRID, HEIGHT, WIDTH } from '../layout'
import { connectExit } from '../operations'
import { useEditor, useEditorState } from '../store'
import { type CanvasActions, CanvasActionsProvider } from './actions'
import classes from './canvas.module.css'
import { FirstBlock } from './FirstBlock'
import { FlowBuilder, type FlowEdge, type FlowNode } from './flow'
import { useHover } from './hover'
import { NodeTip, useTip } from './NodeTip'
import { showFromStart } from './openingView'
import { useLooks } from './useLooks'
import { EDGE_TYPES, Furniture, NO_LINK, NODE_TYPES } from './WorkflowCanvas'

/** The canvas to draw on. Keys are heard by the page (keyboard/). */
export function EditorCanvas() {
  return (
    <ReactFlowProvider>
      <Drawing />
    </ReactFlowProvider>
  )
}

const NOTHING: ReadonlyMap<string, Position> = new Map()
const SELECT_KEYS = ['Shift', 'Meta', 'Control']

function Drawing() {
  const editor = useEditor()
  const scheme = useComputedColorScheme()
  const document = useEditorState((state) => state.draft.document)
  const blocks = useEditorState((state) => state.known.blocks)
  const selected = useEditorState((state) => state.selected)
  const edge = useEditorState((state) => state.edge)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const lookOf = useLooks()
  const [builder] = useState(() => new FlowBuilder())
  const [dragged, setDragged] = useState(NOTHING)
  const chosen = useMemo(() => new Set(selected), [selected])
  const nodes = builder.nodesOf(document, blocks, lookOf, chosen, dragged, readOnly)
  const edges = builder.edgesOf(document, edge, undefined, readOnly)
  const element = useSurface()
  const connecting = useConnecting(element)
  const tip = useTip()

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const moves = changes.flatMap((change) =>
        change.type === 'position' && change.dragging && change.position
          ? [[change.id, change.position] as const]
          : [],
      )
      if (moves.length > 0) setDragged((known) => new Map([...known, ...moves]))
      const picks = changes.flatMap((change) => (change.type === 'select' ? [change] : []))
      if (picks.length === 0) return
      const next = new Set(editor.state.selected)
      for (const pick of picks) pick.selected ? next.add(pick.id) : next.delete(pick.id)
      editor.select([...next])
    },
    [editor],
  )
  const drop = useCallback(
    (_: unknown, moved: FlowNode[]) => {
      const places = new Map(moved.map((node) => [node.id, node.position]))
      editor.draw((now) => moveNodes(now, places))
      setDragged(NOTHING)
    },
    [editor],
  )
  const actions = useMemo<CanvasActions>(
    () => ({ addAfter: (after, screen) => editor.ask({ kind: 'add', after, screen }) }),
    [editor],
  )
  return (
    <CanvasActionsProvider value={actions}>
      <div
        ref={element}
        className={classes.canvas}
        data-testid="editor-canvas"
        role="application"
        aria-label={t.canvasLabel}
        aria-describedby="canvas-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: one stop of the keyboard; arrows walk on it
        tabIndex={0}
      >
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          colorMode={scheme}
          onNodesChange={onNodesChange}
          onNodeDragStart={tip.hide}
          onNodeDragStop={(event, _, moved) => drop(event, moved)}
          onSelectionDragStop={drop}
          onNodeMouseEnter={(_, node) => tip.show(node.id)}
          onNodeMouseLeave={tip.hide}
          onNodeClick={() => element.current?.focus({ preventScroll: true })}
          onEdgeClick={(_, { id }) => editor.selectEdge(id)}
          onEdgeMouseEnter={(_, { id }) => useHover.setState({ edge: id })}
          onEdgeMouseLeave={() => useHover.setState({ edge: null })}
          onPaneClick={() => {
            editor.select([])
            element.current?.focus({ preventScroll: true })
          }}
          {...connecting}
          nodesDraggable={!readOnly}
          nodesConnectable={!readOnly}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          multiSelectionKeyCode={SELECT_KEYS}
          selectionMode={SelectionMode.Partial}
          selectNodesOnDrag={false}
          connectOnClick={false}
          connectionRadius={32}
          snapToGrid
          snapGrid={SNAP}
          nodeDragThreshold={3}
          onlyRenderVisibleElements={nodes.length > 80}
          minZoom={0.1}
          maxZoom={1.75}
          onInit={(flow) => showFromStart(flow, element.current)}
          proOptions={NO_LINK}
        >
          <Furniture large={nodes.length > 12} />
          <NodeTip nodeKey={tip.shown} />
          <FirstBlock />
        </ReactFlow>
      </div>
    </CanvasActionsProvider>
  )
}

const SNAP: [number, number] = [GRID, GRID]

/** Lets the rest of the page reach the canvas: to drop a block on it, to show one. */
function useSurface() {
  const editor = useEditor()
  const element = useRef<HTMLDivElement>(null)
  const flow = useReactFlow<FlowNode, FlowEdge>()
  useEffect(() => {
    if (element.current) editor.surface = { element: element.current, flow }
    return () => {
      editor.surface = null
    }
  }, [editor, flow])
  return element
}

/** Drawing a line from an exit: to a block, or to an empty place, where a menu asks for the block. */
function useConnecting(element: React.RefObject<HTMLDivElement | null>) {
  const editor = useEditor()
  const flow = useReactFlow<FlowNode, FlowEdge>()
  return useMemo(() => {
    const isValidConnection = (link: Connection | FlowEdge) => link.source !== link.target
    const onConnect = ({ source, sourceHandle, target }: Connection) => {
      if (sourceHandle) connectExit(editor, { key: source, port: sourceHandle }, target)
    }
    const onConnectStart = () => element.current?.setAttribute('data-connecting', '')
    const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      element.current?.removeAttribute('data-connecting')
      const port = state.fromHandle?.id
      if (!state.fromNode || !port || state.isValid) return
      const point = 'changedTouches' in event ? event.changedTouches[0] : event
      const under = point && window.document.elementFromPoint(point.clientX, point.clientY)
      if (!point || !under?.closest('.react-flow') || under.closest('.react-flow__node')) return
      const screen = { x: point.clientX, y: point.clientY }
      const at = flow.screenToFlowPosition(screen)
      const after = { key: state.fromNode.id, port }
      editor.ask({ kind: 'add', after, screen, place: { x: at.x - WIDTH / 2, y: at.y - HEIGHT / 4 } })
    }
    return { isValidConnection, onConnect, onConnectStart, onConnectEnd }
  }, [editor, flow, element])
}
