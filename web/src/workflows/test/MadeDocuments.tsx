import { Paper, Stack, Text } from '@mantine/core'
import type { TestedDocument } from '../../api'
import { t as shared } from '../../text'
import { documents as t } from '../../text/documents'

/** What would become of files of records. */
export function MadeDocuments({ documents }: { documents: TestedDocument[] }) {
  return (
    <Stack gap={6}>
      {documents.map((document, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-document">
          <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {document.name}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {t.testedHappened[document.happened] ?? document.happened}
            {document.now !== null &&
              `: ${document.before || shared.common.nothing} → ${document.now || shared.common.nothing}`}
          </Text>
        </Paper>
      ))}
    </Stack>
  )
}
