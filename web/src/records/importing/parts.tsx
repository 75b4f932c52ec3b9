import { Anchor, Group, Paper, Progress, SimpleGrid, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, type Import } from '../../api'
import { sayProblem } from '../../parts/saying'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { nameIn, saveFile } from '../list/exporting'
import { pace, remaining } from './useImport'

/** How far an import is, how quick, and how long it takes yet. */
export function ImportBar({ found }: { found: Import }) {
  const part = found.total ? (found.done / found.total) * 100 : 0
  const speed = pace(found)
  const left = remaining(found)
  return (
    <div role="status">
      <Progress value={part} size="lg" animated={found.status === 'running'} aria-label={t.importProgress} />
      <Group justify="space-between" mt={4}>
        <Text size="sm">
          {found.total === null
            ? t.importWaiting
            : t.importDone(format.number(found.done), format.number(found.total))}
        </Text>
        <Text size="sm" c="dimmed">
          {[
            speed ? t.importPace(format.number(Math.round(speed))) : null,
            left !== null && found.ended_at === null
              ? t.importLeft(format.duration(Math.max(left, 1)))
              : null,
          ]
            .filter(Boolean)
            .join(', ')}
        </Text>
      </Group>
    </div>
  )
}

/** What an import did, or would do, in numbers. */
export function Counts({ found, would = false }: { found: Import; would?: boolean }) {
  const numbers = [
    { label: would ? t.importWouldCreate : t.importCreated, count: found.created },
    { label: would ? t.importWouldUpdate : t.importUpdated, count: found.updated },
    { label: t.importSkipped, count: found.skipped },
    { label: t.importWrong, count: found.failed, bad: true },
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} data-testid="import-counts">
      {numbers.map(({ label, count, bad }) => (
        <Paper key={label} className="surface" p="sm">
          <Text fz={22} fw={600} c={bad && count > 0 ? 'var(--mantine-color-error)' : undefined}>
            {format.number(count)}
          </Text>
          <Text size="sm" c="dimmed">
            {label}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  )
}

/** The first rows that are wrong, why, and all of them as a file. */
export function Problems({ found }: { found: Import }) {
  const save = useMutation({
    mutationFn: async () => {
      const { data, response } = await api.downloadImportProblems({
        path: { import_id: found.id },
        parseAs: 'blob',
        throwOnError: true,
      })
      saveFile(data as Blob, nameIn(response?.headers.get('Content-Disposition') ?? null, 'problems.csv'))
    },
    onError: (error) => sayProblem(error, t.notExported),
  })
  if (found.problems.length === 0) return null
  return (
    <Paper className="surface" style={{ overflowX: 'auto' }}>
      <Group justify="space-between" p="sm" pb={0}>
        <Text fw={600} component="h2" size="sm" m={0}>
          {t.importProblems}
        </Text>
        <Anchor component="button" type="button" size="sm" onClick={() => save.mutate()}>
          {t.importProblemsFile}
        </Anchor>
      </Group>
      <div style={{ maxHeight: 320, overflowY: 'auto' }}>
        <Table miw={620} aria-label={t.importProblems}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={70}>{t.importRow}</Table.Th>
              <Table.Th>{t.importColumn}</Table.Th>
              <Table.Th>{t.importValue}</Table.Th>
              <Table.Th>{t.importWhy}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.problems.map((problem, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row may have several problems that read alike
              <Table.Tr key={index} style={{ verticalAlign: 'top' }}>
                <Table.Td>{problem.row}</Table.Td>
                <Table.Td dir="auto">{problem.column}</Table.Td>
                <Table.Td maw={220} style={{ overflowWrap: 'anywhere' }} dir="auto">
                  {problem.value}
                </Table.Td>
                <Table.Td>
                  {problem.message} {problem.suggestion}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Paper>
  )
}
