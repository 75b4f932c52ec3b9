import { FileInput, Text } from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useState } from 'react'
import type { NewWorkflow } from '../../api'
import { workflows as t } from '../../text/workflows'
import { countBlocks, type FileFault, LARGEST_FILE, readWorkflowFile } from './file'

const FAULTS: Record<FileFault | 'too_big', string> = {
  not_json: t.new.notJson,
  not_workflow: t.new.notWorkflow,
  too_big: t.new.tooBig,
}

interface Props {
  /** What was read; null: nothing that is a workflow. */
  onRead: (workflow: NewWorkflow | null) => void
  fault: string | null
}

/** A workflow from a JSON file; it is read here, and checked by the server. */
export function FilePick({ onRead, fault }: Props) {
  const [file, setFile] = useState<File | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [blocks, setBlocks] = useState<number | null>(null)
  const pick = async (picked: File | null) => {
    setFile(picked)
    setBlocks(null)
    setError(null)
    onRead(null)
    if (!picked) return
    const read = picked.size > LARGEST_FILE ? 'too_big' : readWorkflowFile(await picked.text())
    if (typeof read === 'string') return setError(FAULTS[read])
    setBlocks(countBlocks(read.document))
    onRead(read)
  }
  return (
    <>
      <FileInput
        label={t.new.file}
        description={t.new.fileHint}
        placeholder={t.new.filePick}
        accept="application/json,.json"
        leftSection={<IconFileUpload size={16} aria-hidden />}
        value={file}
        onChange={pick}
        error={error ?? fault}
        clearable
      />
      {blocks !== null && (
        <Text size="xs" c="dimmed" mt={4} role="status">
          {t.new.fileBlocks(blocks)}
        </Text>
      )}
    </>
  )
}
