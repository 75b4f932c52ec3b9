import { ActionIcon, Alert, Tooltip } from '@mantine/core'
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { IconArchive, IconLayoutSidebarLeftExpand, IconUsers } from '@tabler/icons-react'
import { Suspense, useEffect, useRef, useState } from 'react'
import type { Workflow } from '../api'
import { useMe } from '../app/useMe'
import { t as shared } from '../text'
import { editor as t } from '../text/editor'
import { Bottom } from './bottom/Bottom'
import { EditorCanvas } from './canvas/EditorCanvas'
import type { Known } from './catalogue'
import { Dialogs } from './dialogs/Dialogs'
import classes from './editor.module.css'
import { Announcer } from './keyboard/Announcer'
import { useKeys } from './keyboard/useKeys'
import { Outline } from './outline/Outline'
import { OpenWorkflowProvider } from './page'
import { Palette } from './palette/Palette'
import { type PanelName, PublishReview, TestPanel, VersionsDrawer } from './panels/slots'
import { useOthers } from './saving/useOthers'
import { draftOf, useSaver } from './saving/useSaver'
import { SidePanel } from './side/SidePanel'
import { Editor, EditorProvider, useEditorState } from './store'
import { CanvasTools } from './top/CanvasTools'
import { TopBar } from './top/TopBar'
import { useLiveCheck } from './useLiveCheck'

interface Props {
  initial: Workflow
  known: Known
}

/** The editor around one workflow that is open. */
export function Opened({ initial, known }: Props) {
  const me = useMe()
  const mayEdit = me.administrator || me.builder
  const [editor] = useState(() => new Editor(draftOf(initial, known), known, whyNot(initial, mayEdit)))
  const open = useSaver(initial, editor, known)
  const reason = whyNot(open.workflow, mayEdit)
  useOthers(editor, open.saver, initial.key)
  useLiveCheck(editor)
  useEffect(() => editor.store.setState({ readOnly: reason }), [editor, reason])
  useEffect(() => {
    document.title = `${open.workflow.name} · ${shared.frame.product}`
  }, [open.workflow.name])
  return (
    <OpenWorkflowProvider value={open}>
      <EditorProvider value={editor}>
        <Layout editor={editor} />
      </EditorProvider>
    </OpenWorkflowProvider>
  )
}

function whyNot({ state }: Workflow, mayEdit: boolean): string | null {
  if (!mayEdit) return t.notBuilder
  return state === 'archived' ? t.archivedReadOnly : null
}

function Layout({ editor }: { editor: Editor }) {
  const page = useRef<HTMLDivElement>(null)
  const [panel, setPanel] = useState<PanelName | null>(null)
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const [folded, setFolded] = useLocalStorage<boolean | null>({
    key: 'whereupon.palette.hidden',
    defaultValue: null,
    getInitialValueInEffect: false,
  })
  const view = useEditorState((state) => state.view)
  const hidden = folded ?? !wide
  const testing = panel === 'test'
  useKeys(editor, page, !testing)
  useEffect(() => editor.surface?.element.focus({ preventScroll: true }), [editor])
  return (
    <div ref={page} className={classes.page} data-testid="editor">
      <TopBar open={panel} onOpen={setPanel} />
      <Notices />
      {testing ? (
        <div className={classes.test}>
          <Suspense fallback={null}>
            <TestPanel onClose={() => setPanel(null)} />
          </Suspense>
        </div>
      ) : (
        <div className={classes.middle}>
          {hidden ? (
            <ShowPalette onShow={() => setFolded(false)} />
          ) : (
            <Palette onCollapse={() => setFolded(true)} />
          )}
          <div className={classes.centre}>
            <div className={classes.sheet}>
              {view === 'canvas' ? <EditorCanvas /> : <Outline />}
              {view === 'canvas' && <CanvasTools />}
            </div>
            <Bottom />
          </div>
          <SidePanel />
        </div>
      )}
      <Announcer />
      <Dialogs />
      <Suspense fallback={null}>
        {panel === 'publish' && <PublishReview onClose={() => setPanel(null)} />}
        {panel === 'versions' && <VersionsDrawer onClose={() => setPanel(null)} />}
      </Suspense>
    </div>
  )
}

function ShowPalette({ onShow }: { onShow: () => void }) {
  return (
    <div className={classes.folded}>
      <Tooltip label={t.showBlocks} position="right">
        <ActionIcon variant="subtle" color="gray" aria-label={t.showBlocks} onClick={onShow}>
          <IconLayoutSidebarLeftExpand size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

/** Why nothing can be changed, and who else is at it. */
function Notices() {
  const readOnly = useEditorState((state) => state.readOnly)
  if (readOnly)
    return (
      <Alert color="gray" radius={0} py={6} icon={<IconArchive aria-hidden />} data-testid="read-only">
        {readOnly}
      </Alert>
    )
  return <Others />
}

function Others() {
  const other = useEditorState((state) => state.other)
  const [, redraw] = useState(0)
  useEffect(() => {
    if (!other) return
    const timer = setTimeout(() => redraw((count) => count + 1), WORTH_A_WORD)
    return () => clearTimeout(timer)
  }, [other])
  if (!other || Date.now() - other.at >= WORTH_A_WORD) return null
  return (
    <Alert
      color="yellow"
      radius={0}
      py={6}
      icon={<IconUsers aria-hidden />}
      role="status"
      data-testid="others"
    >
      {other.self ? t.alsoEditingYou : t.alsoEditing(other.name)}
    </Alert>
  )
}

const WORTH_A_WORD = 120_000
