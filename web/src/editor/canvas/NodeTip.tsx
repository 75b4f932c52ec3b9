import { NodeToolbar, Position as Side } from '@xyflow/react'
import { useMemo, useRef, useState } from 'react'
import { nodeOf } from '../document'
import { useEditorState } from '../store'
import classes from './canvas.module.css'
import { titleOf } from './NodeCard'

const PAUSE = 600

/** Which block's tooltip is shown: the one that the pointer rests on. */
export function useTip() {
  const [shown, setShown] = useState<string | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  return useMemo(() => {
    const hide = () => {
      clearTimeout(timer.current)
      setShown(null)
    }
    const show = (key: string) => {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setShown(key), PAUSE)
    }
    return { shown, show, hide }
  }, [shown])
}

/** All that a card has no room for: what the block does in full, and what is wrong with it. */
export function NodeTip({ nodeKey }: { nodeKey: string | null }) {
  const node = useEditorState((state) => nodeOf(state.draft.document, nodeKey ?? undefined))
  const block = useEditorState((state) => (node ? state.known.blocks.get(node.block) : undefined))
  const checked = useEditorState((state) => state.checked)
  if (!node) return null
  const summary = checked?.nodes.find((one) => one.key === node.key)?.summary
  const said = [...(checked?.problems ?? []), ...(checked?.advice ?? [])].filter(
    (one) => one.node === node.key,
  )
  return (
    <NodeToolbar
      nodeId={node.key}
      isVisible
      position={Side.Bottom}
      offset={14}
      style={{ pointerEvents: 'none' }}
    >
      <div className={classes.tip} role="tooltip">
        <b>{titleOf({ node, block })}</b>
        {block && node.label ? <div className={classes.tipKind}>{block.label}</div> : null}
        {summary && summary !== block?.label ? <div>{summary}</div> : <div>{block?.description}</div>}
        {said.slice(0, 4).map((one) => (
          <div key={one.code + one.message} className={classes.tipProblem}>
            {one.message}
          </div>
        ))}
      </div>
    </NodeToolbar>
  )
}
