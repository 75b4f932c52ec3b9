import { ScrollArea } from '@mantine/core'
import { editor as t } from '../../text/editor'
import { nodeOf, START } from '../document'
import classes from '../editor.module.css'
import { useEditor, useEditorState } from '../store'
import { EdgePanel } from './EdgePanel'
import { ManyPanel } from './ManyPanel'
import { NodePanel } from './NodePanel'
import { StartPanel } from './StartPanel'
import { WorkflowPanel } from './WorkflowPanel'

/** The right side: the form of what is selected, or what holds for the whole workflow. */
export function SidePanel() {
  const editor = useEditor()
  /** Escape leads back to the drawing, once the list that was open is closed. */
  const leave = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !isPlain(event.target)) return
    editor.surface?.element.focus({ preventScroll: true })
  }
  return (
    <section className={classes.side} aria-label={t.sidePanel} data-testid="side-panel" onKeyDown={leave}>
      <ScrollArea className={classes.scroll} type="auto" scrollbarSize={8} viewportProps={{ tabIndex: -1 }}>
        <Chosen />
      </ScrollArea>
    </section>
  )
}

const isPlain = (target: EventTarget) =>
  target instanceof Element &&
  target.getAttribute('aria-expanded') !== 'true' &&
  !target.closest('[role=dialog]')

function Chosen() {
  const selected = useEditorState((state) => state.selected)
  const edge = useEditorState((state) => state.edge)
  const node = useEditorState((state) =>
    state.selected.length === 1 ? nodeOf(state.draft.document, state.selected[0]) : undefined,
  )
  if (edge) return <EdgePanel key={edge} id={edge} />
  if (selected.length > 1) return <ManyPanel />
  if (!node) return <WorkflowPanel />
  return node.block === START ? (
    <StartPanel key={node.key} node={node} />
  ) : (
    <NodePanel key={node.key} node={node} />
  )
}
