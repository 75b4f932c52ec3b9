import { ViewportPortal } from '@xyflow/react'
import { editor as t } from '../../text/editor'
import { NEXT, startOf } from '../document'
import { HEIGHT } from '../layout'
import { useEditor, useEditorState } from '../store'
import classes from './canvas.module.css'

/** Below a START that stands alone: what comes next. */
export function FirstBlock() {
  const editor = useEditor()
  const start = useEditorState((state) =>
    state.draft.document.nodes.length === 1 && !state.readOnly ? startOf(state.draft.document) : undefined,
  )
  if (!start?.position) return null
  const { x, y } = start.position
  return (
    <ViewportPortal>
      <button
        type="button"
        className={classes.first}
        data-testid="first-block"
        style={{ transform: `translate(${x}px, ${y + HEIGHT + 56}px)` }}
        onClick={(event) =>
          editor.ask({
            kind: 'add',
            after: { key: start.key, port: NEXT },
            screen: { x: event.clientX, y: event.clientY },
          })
        }
      >
        <b>{t.firstBlock}</b>
        {t.firstBlockMore}
      </button>
    </ViewportPortal>
  )
}
