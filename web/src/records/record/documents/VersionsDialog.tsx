import { Anchor, Badge, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type DocumentOut, listDocumentVersionsOptions } from '../../../api'
import { Problem } from '../../../parts/Problem'
import { When } from '../../../parts/When'
import { format } from '../../../text'
import { documents as t } from '../../../text/documents'

/** Every version of a file, the newest first; each can still be had. */
export function VersionsDialog({ document, onClose }: { document: DocumentOut; onClose: () => void }) {
  const path = { document_id: document.id }
  const found = useQuery(listDocumentVersionsOptions({ path }))
  return (
    <Modal opened onClose={onClose} title={t.versionsOf(document.name)}>
      {found.error && <Problem error={found.error} title={t.notShown} onRetry={() => found.refetch()} />}
      {!found.data && !found.error && <Skeleton h={80} />}
      <Stack gap="sm">
        {found.data?.items.map((version) => (
          <Group key={version.number} justify="space-between" wrap="nowrap" align="flex-start">
            <div style={{ minWidth: 0 }}>
              <Anchor
                href={`/api/v1/documents/${document.id}/versions/${version.number}/content`}
                download
                size="sm"
                style={{ overflowWrap: 'anywhere' }}
              >
                {version.name}
              </Anchor>
              <Text size="xs" c="dimmed">
                {format.bytes(version.size)} · <When at={version.uploaded_at} />
                {version.uploaded_by_name && ` · ${version.uploaded_by_name}`}
              </Text>
            </div>
            <Badge color={version.number === document.version ? undefined : 'gray'} variant="light" tt="none">
              {version.number === document.version ? t.current : t.version(version.number)}
            </Badge>
          </Group>
        ))}
      </Stack>
    </Modal>
  )
}
