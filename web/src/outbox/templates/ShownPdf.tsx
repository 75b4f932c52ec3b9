import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, asProblem, type PdfPreview } from '../../api'
import { format } from '../../text'
import { papers as t } from '../../text/documents'
import { Faults, type ShownProps } from './Preview'

/** The first pages as they would be printed: pictures, so that nothing of a PDF is opened here. */
export function ShownPdf({ module, record, words }: ShownProps) {
  const { subject, html, header, footer, page } = words
  const [asked] = useDebouncedValue({ subject, html: html || null, header, footer, page }, 700)
  const found = useQuery({
    queryKey: ['pdfPreview', module, record, asked],
    queryFn: async ({ signal }) => {
      const body = { ...asked, module, record_id: record }
      return (await api.previewPdf({ body, signal, throwOnError: true })).data
    },
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (found.error) return <Faults problem={asProblem(found.error)} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={420} />
  return <Pages shown={found.data} />
}

function Pages({ shown }: { shown: PdfPreview }) {
  const count = shown.pages === 1 ? t.onePage : t.pages(format.number(shown.pages))
  return (
    <Stack gap="sm" data-testid="pdf-preview">
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {shown.name} · {count}
        </Text>
        <Anchor href={`data:application/pdf;base64,${shown.content}`} download={shown.name} size="sm">
          <IconDownload size={14} aria-hidden style={{ verticalAlign: -2 }} /> {t.download}
        </Anchor>
      </Group>
      {shown.pictures.map((picture, index) => (
        <img
          key={String(index)}
          src={`data:image/png;base64,${picture}`}
          alt={t.pageOf(index + 1, format.number(shown.pages))}
          style={{
            width: '100%',
            border: '1px solid var(--mantine-color-default-border)',
            background: '#fff',
          }}
        />
      ))}
      {shown.pages > shown.pictures.length && (
        <Text size="xs" c="dimmed">
          {t.firstOnly(shown.pictures.length)}
        </Text>
      )}
    </Stack>
  )
}
