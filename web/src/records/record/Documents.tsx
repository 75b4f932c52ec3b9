import { Anchor, Group, Progress, Skeleton, Stack, Text } from '@mantine/core'
import { IconFile, IconUpload } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, listRecordDocumentsOptions } from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { upload } from '../fields/upload'
import classes from './Documents.module.css'
import type { PartProps } from './SidePanel'

/** The files of a record; new ones are dropped onto the list. */
export function Documents({ module, record }: PartProps) {
  const me = useMe()
  const path = { module: module.key, record_id: record.id }
  const options = listRecordDocumentsOptions({ path, query: { limit: 200 } })
  const found = useQuery(options)
  const cache = useQueryClient()
  const attach = async (document_id: number) => {
    await api.attachDocument({ path, body: { document_id }, throwOnError: true })
    await cache.invalidateQueries({ queryKey: options.queryKey })
  }
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  return (
    <Stack gap="sm">
      {!module.read_only && may(me, 'update', module.key) && <DropPlace onUploaded={attach} />}
      {found.data.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noDocuments}
        </Text>
      )}
      {found.data.items.map((document) => (
        <Group key={document.id} gap="xs" wrap="nowrap">
          <IconFile size={18} stroke={1.6} aria-hidden style={{ flex: 'none' }} />
          <div style={{ minWidth: 0, flex: 1 }}>
            <Anchor
              href={`/api/v1/documents/${document.id}/content`}
              download
              size="sm"
              lineClamp={2}
              style={{ overflowWrap: 'anywhere' }}
            >
              {document.name}
            </Anchor>
            <Text size="xs" c="dimmed">
              {format.bytes(document.size)} · <When at={document.created_at} />
            </Text>
          </div>
        </Group>
      ))}
    </Stack>
  )
}

/** Takes files that are dropped or chosen, one after the other, and shows how far each is. */
function DropPlace({ onUploaded }: { onUploaded: (documentId: number) => Promise<void> }) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [sent, setSent] = useState<{ name: string; part: number } | null>(null)
  const send = async (files: FileList | null) => {
    for (const file of Array.from(files ?? [])) {
      setSent({ name: file.name, part: 0 })
      try {
        const document = await upload(file, (part) => setSent({ name: file.name, part }))
        await onUploaded(document.id)
        sayDone(t.attached(file.name))
      } catch (problem) {
        sayProblem(problem, t.notUploaded)
      }
    }
    setSent(null)
  }
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
          send(event.dataTransfer.files)
        }}
      >
        <IconUpload size={18} aria-hidden /> {t.dropDocuments}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t.dropDocuments}
        onChange={(event) => {
          send(event.currentTarget.files)
          event.currentTarget.value = ''
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
