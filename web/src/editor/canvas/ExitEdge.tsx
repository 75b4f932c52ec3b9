import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from '@xyflow/react'
import { memo } from 'react'
import { editor as t } from '../../text/editor'
import { useCanvasActions } from './actions'
import classes from './canvas.module.css'
import type { FlowEdge } from './flow'
import { useHover } from './hover'

/** A line from an exit to a block; on hovering, a button to put a block in between. */
export const ExitEdge = memo(function ExitEdge(props: EdgeProps<FlowEdge>) {
  const { id, data, selected, source, sourceHandleId } = props
  const [path, x, y] = getSmoothStepPath({ ...props, borderRadius: 10, offset: 24 })
  const hovered = useHover((state) => state.edge === id)
  const drop = useHover((state) => state.drop === id)
  const { addAfter } = useCanvasActions()
  const offers = !data?.readOnly && (hovered || selected) && addAfter
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        markerEnd={props.markerEnd}
        interactionWidth={24}
        className={classes.edge}
        data-selected={selected || undefined}
        data-drop={drop || undefined}
        data-error={data?.error || undefined}
      />
      {(offers || data?.count !== undefined) && (
        <EdgeLabelRenderer>
          <div
            className={classes.middle}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          >
            {data?.count !== undefined && <span className={classes.count}>{data.count}</span>}
            {offers && (
              <button
                type="button"
                className={classes.insert}
                tabIndex={-1}
                aria-label={t.insertHere}
                title={t.insertHere}
                onPointerEnter={() => useHover.setState({ edge: id })}
                onClick={(event) =>
                  addAfter(
                    { key: source, port: sourceHandleId ?? 'next' },
                    { x: event.clientX, y: event.clientY },
                  )
                }
              >
                +
              </button>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  )
})
