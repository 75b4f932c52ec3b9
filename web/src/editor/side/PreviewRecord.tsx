import { Box } from '@mantine/core'
import { may, useMe } from '../../app/useMe'
import { RecordSelect } from '../../form/RecordSelect'
import { editor as t } from '../../text/editor'
import { useEditor, useEditorState } from '../store'

/** The record with which texts and conditions are previewed, for who may read such. It changes nothing of the workflow. */
export function PreviewRecord() {
  const me = useMe()
  const editor = useEditor()
  const module = useEditorState((state) => state.draft.module)
  const record = useEditorState((state) => state.record)
  if (!module || !may(me, 'read', module)) return null
  return (
    <Box mb="sm" data-testid="preview-record">
      <RecordSelect
        key={module}
        module={module}
        label={t.previewWith}
        placeholder={t.previewNone}
        value={record?.id ?? null}
        onChange={(id) =>
          editor.store.setState({ record: id === null ? null : { id: String(id), title: String(id) } })
        }
      />
    </Box>
  )
}
