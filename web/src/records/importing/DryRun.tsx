import { Alert, Button, Group, Paper, Radio, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import {
  createImportMutation,
  type Import,
  type ImportExample,
  type ModuleOut,
  type NewImport,
} from '../../api'
import { Problem } from '../../parts/Problem'
import { sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { isEmpty } from '../fields/Value'
import { Shown } from '../record/ConflictDialog'
import { Counts, ImportBar, Problems } from './parts'
import { isUnderWay, useImport } from './useImport'

interface Props {
  module: ModuleOut
  order: NewImport
  onBack: () => void
  onStarted: (id: number) => void
}

/** Tries the import without changing anything, shows what it would do, and does it when one says so. */
export function DryRun({ module, order, onBack, onStarted }: Props) {
  const cache = useQueryClient()
  const [fires, setFires] = useState(false)
  // Tried as if workflows ran, so that one sees how many would.
  const attempt = useMutation(createImportMutation())
  const begun = useRef(false)
  const { mutate } = attempt
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    mutate({ body: { ...order, dry_run: true, fires: true } })
  }, [mutate, order])
  const start = useMutation({
    ...createImportMutation(),
    onSuccess: (made) => {
      cache.invalidateQueries({
        predicate: ({ queryKey }) => (queryKey[0] as { _id?: string })?._id === 'listImports',
      })
      onStarted(made.id)
    },
    onError: (error) => sayProblem(error, t.importNotStarted),
  })
  const found = useImport(attempt.data?.id ?? null)
  const tried = found.data
  if (attempt.error ?? found.error)
    return (
      <Stack align="flex-start">
        <Problem error={attempt.error ?? found.error} title={t.importCannot} />
        <Button variant="default" onClick={onBack}>
          {t.importBack}
        </Button>
      </Stack>
    )
  if (!tried) return <Skeleton h={200} />
  if (isUnderWay(tried))
    return (
      <Paper className="surface" p="md">
        <Text mb="xs">{t.importTrying}</Text>
        <ImportBar found={tried} />
      </Paper>
    )
  const would = tried.created + tried.updated
  return (
    <Stack>
      {tried.error && <Alert color="red">{String(tried.error.message ?? t.importFailed)}</Alert>}
      <Counts found={tried} would />
      <Problems found={tried} />
      <Examples module={module} examples={tried.examples} />
      <Paper className="surface" p="md">
        <FiresChoice tried={tried} fires={fires} onChange={setFires} />
      </Paper>
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          {t.importBack}
        </Button>
        <Button
          disabled={would === 0}
          loading={start.isPending}
          onClick={() => start.mutate({ body: { ...order, fires } })}
        >
          {t.importDo(would)}
        </Button>
      </Group>
    </Stack>
  )
}

interface FiresProps {
  tried: Import
  fires: boolean
  onChange: (fires: boolean) => void
}

function FiresChoice({ tried, fires, onChange }: FiresProps) {
  const starts = tried.runs.filter((one) => one.count > 0)
  return (
    <Radio.Group
      label={t.importFires}
      value={fires ? 'yes' : 'no'}
      onChange={(value) => onChange(value === 'yes')}
    >
      <Stack gap={6} mt="xs">
        <Radio value="no" label={t.importFiresNo} />
        <Radio
          value="yes"
          label={t.importFiresYes}
          description={
            starts.length === 0
              ? t.importFiresNothing
              : starts.map((one) => t.importWould(one.count, one.name)).join(' ')
          }
        />
      </Stack>
    </Radio.Group>
  )
}

function Examples({ module, examples }: { module: ModuleOut; examples: ImportExample[] }) {
  const shown = examples.slice(0, 8)
  if (shown.length === 0) return null
  const keys = [...new Set(shown.flatMap((one) => Object.keys(one.after)))]
  const fields = keys.flatMap((key) => module.fields.find((field) => field.key === key) ?? [])
  return (
    <Paper className="surface" style={{ overflowX: 'auto' }}>
      <Text fw={600} p="sm" pb={0} component="h2" size="sm" m={0}>
        {t.importExamples}
      </Text>
      <Table miw={Math.max(600, 130 * fields.length)} aria-label={t.importExamples}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.importRow}</Table.Th>
            {fields.map((field) => (
              <Table.Th key={field.key}>{field.label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((one) => (
            <Table.Tr key={one.row} style={{ verticalAlign: 'top' }}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                {one.row}{' '}
                <Text span size="xs" c="dimmed">
                  {one.action === 'create' ? t.importNew : t.importChange}
                </Text>
              </Table.Td>
              {fields.map((field) => (
                <Table.Td key={field.key} maw={260} style={{ overflowWrap: 'anywhere' }}>
                  {one.before &&
                    JSON.stringify(one.before[field.key]) !== JSON.stringify(one.after[field.key]) && (
                      <>
                        <Text span size="xs" c="dimmed" td="line-through">
                          {isEmpty(one.before[field.key]) ? (
                            shared.common.nothing
                          ) : (
                            <Shown field={field} value={one.before[field.key]} />
                          )}
                        </Text>{' '}
                      </>
                    )}
                  <Shown field={field} value={one.after[field.key]} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}
