import { Progress, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { documents as t } from '../../../text/documents'
import classes from '../Documents.module.css'
import type { Sent } from './useFiling'

/** Takes files that are dropped or chosen, and shows how far each is. */
export function DropPlace({
  sent,
  onFiles,
}: {
  sent: Sent | null
  onFiles: (files: FileList | null) => Promise<void>
}) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  return (
    <>
      <button
        type="button"
        className={classes.drop}
        data-over={over || undefined}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          onFiles(event.dataTransfer.files)
        }}
      >
        <IconUpload size={18} aria-hidden /> {t.drop}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t.drop}
        onChange={(event) => {
          const list = event.currentTarget
          onFiles(list.files).finally(() => {
            list.value = ''
          })
        }}
      />
      {sent && (
        <div role="status">
          <Text size="xs" truncate>
            {t.uploading(sent.name)}
          </Text>
          <Progress value={sent.part * 100} aria-label={t.uploading(sent.name)} />
        </div>
      )}
    </>
  )
}
