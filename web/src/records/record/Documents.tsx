import { Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listRecordDocumentsOptions } from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { documents as t } from '../../text/documents'
import { DropPlace } from './documents/DropPlace'
import { Folder } from './documents/Folder'
import { foldersOf } from './documents/folders'
import { useFiling } from './documents/useFiling'
import type { PartProps } from './SidePanel'

/** The files of a record by folder; new ones are dropped onto the list or onto a folder. */
export function Documents({ module, record }: PartProps) {
  const me = useMe()
  const path = { module: module.key, record_id: record.id }
  const found = useQuery(listRecordDocumentsOptions({ path, query: { limit: 200 } }))
  const filing = useFiling(path)
  const allowed = !module.read_only && may(me, 'update', module.key)
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  const folders = foldersOf(found.data.items)
  return (
    <Stack gap="sm">
      {allowed && <DropPlace sent={filing.sent} onFiles={(files) => filing.upload(files, '')} />}
      {folders.length === 0 && (
        <Text size="sm" c="dimmed">
          {allowed ? t.noneAbout : t.noneReadOnly}
        </Text>
      )}
      {folders.map((folder) => (
        <Folder
          key={folder.path}
          folder={folder}
          alone={folders.length === 1 && folder.path === ''}
          names={folders.map((one) => one.path).filter(Boolean)}
          filing={allowed ? filing : null}
        />
      ))}
    </Stack>
  )
}
