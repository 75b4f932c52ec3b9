import { ModuleSelect } from '../../form/ModuleSelect'
import { editor as t } from '../../text/editor'
import { useOpenWorkflow } from '../page'
import { useEditor, useEditorState } from '../store'

/** The module whose records the workflow is about; fixed once it was published for one. */
export function ModuleChoice() {
  const editor = useEditor()
  const module = useEditorState((state) => state.draft.module)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const { workflow } = useOpenWorkflow()
  const published = workflow.active_version !== null || workflow.activated_at !== null
  const choose = (key: string | null) => {
    editor.say({ module: key })
    editor.store.setState({ record: null })
  }
  return (
    <div style={{ marginBottom: 'var(--mantine-spacing-sm)' }} data-testid="module">
      <ModuleSelect
        label={t.module}
        description={published ? (module ? t.moduleFixed : t.moduleFixedNone) : t.moduleAbout}
        value={module}
        disabled={readOnly || published}
        onChange={choose}
        all
      />
    </div>
  )
}
