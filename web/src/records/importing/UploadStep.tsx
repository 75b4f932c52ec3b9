import { Paper, Progress, Text } from '@mantine/core'
import { IconFileSpreadsheet } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { DocumentOut } from '../../api'
import { Problem } from '../../parts/Problem'
import { records as t } from '../../text/records'
import { upload } from '../fields/upload'
import classes from '../record/Documents.module.css'

/** Takes the file, dropped or chosen. */
export function UploadStep({ onUploaded }: { onUploaded: (document: DocumentOut) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [sent, setSent] = useState<{ name: string; part: number } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const send = async (file: File | undefined) => {
    if (!file) return
    setError(null)
    setSent({ name: file.name, part: 0 })
    try {
      onUploaded(await upload(file, (part) => setSent({ name: file.name, part })))
    } catch (problem) {
      setError(problem)
      setSent(null)
    }
  }
  return (
    <Paper className="surface" p="lg">
      <button
        type="button"
        className={classes.drop}
        style={{ minHeight: 160, flexDirection: 'column' }}
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
          send(event.dataTransfer.files[0])
        }}
      >
        <IconFileSpreadsheet size={32} stroke={1.4} aria-hidden />
        {t.importDrop}
      </button>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,.xlsx,text/csv"
        hidden
        aria-label={t.importDrop}
        onChange={(event) => send(event.currentTarget.files?.[0])}
      />
      <Text size="sm" c="dimmed" mt="sm">
        {t.importDropAbout}
      </Text>
      {sent && (
        <div role="status">
          <Text size="sm" mt="sm" truncate>
            {t.uploading(sent.name)}
          </Text>
          <Progress value={sent.part * 100} aria-label={t.uploading(sent.name)} />
        </div>
      )}
      {error !== null && <Problem error={error} title={t.notUploaded} />}
    </Paper>
  )
}
