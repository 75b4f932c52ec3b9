import { Alert, Button, Group, Paper, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type DocumentOut, type ImportPreview, type ModuleOut, type NewImport } from '../../api'
import { useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { ColumnTable } from './ColumnTable'
import { ExistingChoices } from './ExistingChoices'
import { columnsOf, type Mapping, missingFields, possibleKeys, suggested } from './mapping'
import { ReadingChoices } from './ReadingChoices'

/** How a file is to be read; what is left out is found out by the server. */
export type Reading = Pick<NewImport, 'sheet' | 'encoding' | 'delimiter' | 'header_row'>

interface Props {
  module: ModuleOut
  document: DocumentOut
  onMapped: (order: NewImport) => void
  onOther: () => void
}

/** What is in the file, and which column goes into which field. */
export function MapColumns({ module, document, onMapped, onOther }: Props) {
  const [reading, setReading] = useState<Reading>({})
  const preview = useQuery({
    queryKey: ['import-preview', document.id, module.key, reading],
    queryFn: async () =>
      (
        await api.previewImport({
          body: { document_id: document.id, module: module.key, ...reading },
          throwOnError: true,
        })
      ).data,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  })
  if (preview.error)
    return (
      <Stack align="flex-start">
        <Problem error={preview.error} title={t.importNotRead} />
        <Button variant="default" onClick={onOther}>
          {t.importOther}
        </Button>
      </Stack>
    )
  if (!preview.data) return <Skeleton h={320} />
  return (
    <Stack>
      <Paper className="surface" p="md">
        <Group justify="space-between" mb="sm">
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {document.name}{' '}
            <Text span c="dimmed" fw={400} size="sm">
              {t.importRows(preview.data.total)}, {format.bytes(document.size)}
            </Text>
          </Text>
          <Button size="xs" variant="default" onClick={onOther}>
            {t.importOther}
          </Button>
        </Group>
        <ReadingChoices preview={preview.data} reading={reading} onChange={setReading} />
      </Paper>
      <Mapped
        key={preview.dataUpdatedAt}
        module={module}
        preview={preview.data}
        onMapped={(order) => onMapped({ ...reading, ...order, document_id: document.id })}
      />
    </Stack>
  )
}

interface MappedProps {
  module: ModuleOut
  preview: ImportPreview
  onMapped: (order: Omit<NewImport, 'document_id'>) => void
}

function Mapped({ module, preview, onMapped }: MappedProps) {
  const me = useMe()
  const [mapping, setMapping] = useState<Mapping>(() => suggested(preview))
  const [existing, setExisting] = useState<Existing>({ key: [], on_existing: 'update', empty_cells: 'keep' })
  const keys = possibleKeys(module, mapping)
  const key = existing.key.filter((one) => keys.some((field) => field.key === one))
  const missing = missingFields(module, mapping, me)
  const left = preview.columns.length - Object.keys(mapping).length
  return (
    <Stack>
      <ColumnTable module={module} preview={preview} mapping={mapping} onChange={setMapping} />
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {t.importLeftOut(left)}
        </Text>
      )}
      <Paper className="surface" p="md">
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <ExistingChoices keys={keys} value={{ ...existing, key }} onChange={setExisting} />
        </SimpleGrid>
      </Paper>
      {missing.length > 0 && (
        <Alert color="orange">{t.importMissing(format.list(missing.map((field) => field.label)))}</Alert>
      )}
      <Group justify="flex-end">
        <Button
          disabled={Object.keys(mapping).length === 0}
          onClick={() =>
            onMapped({
              module: module.key,
              mapping: columnsOf(mapping),
              ...existing,
              key,
              header_row: preview.header_row,
              time_zone: format.timeZone,
            })
          }
        >
          {t.importTry}
        </Button>
      </Group>
    </Stack>
  )
}

/** What becomes of records that are there already. */
export interface Existing {
  key: string[]
  on_existing: 'update' | 'skip' | 'fail'
  empty_cells: 'keep' | 'clear'
}
