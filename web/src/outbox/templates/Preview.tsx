import { Alert, Group, List, Paper, Select, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ApiProblem, api, asProblem, listModulesOptions } from '../../api'
import { may, useMe } from '../../app/useMe'
import { RecordSelect } from '../../form/RecordSelect'
import { Problem } from '../../parts/Problem'
import { papers } from '../../text/documents'
import { templates as t } from '../../text/outbox'
import { LetterView } from '../messages/LetterView'
import type { PreviewRecord } from './usePreviewRecord'
import type { Words } from './words'

interface Props {
  /** Whether the template is about a module of its own. */
  fixed: boolean
  shown: PreviewRecord
  words: Words
  /** How it is shown: as a mail or as pages. */
  Shown: React.ComponentType<ShownProps>
}

/** How it would look for a real record, a moment after the last key. */
export function Preview({ fixed, shown, words, Shown }: Props) {
  const { module, record, chooseModule, chooseRecord } = shown
  return (
    <Paper component="section" className="surface" p="md" aria-labelledby="preview">
      <Title order={2} id="preview" mb="xs">
        {t.preview}
      </Title>
      <Stack gap="sm">
        <Group grow align="flex-start">
          {!fixed && <ModuleOfPreview value={module} onChange={chooseModule} />}
          {module && (
            <RecordSelect
              key={module}
              label={t.previewWith}
              module={module}
              value={record}
              onChange={chooseRecord}
              placeholder={t.previewPick}
            />
          )}
        </Group>
        {module && record !== null ? (
          <Shown module={module} record={record} words={words} />
        ) : (
          <Text size="sm" c="dimmed">
            {t.previewWhich}
          </Text>
        )}
      </Stack>
    </Paper>
  )
}

function ModuleOfPreview({
  value,
  onChange,
}: {
  value: string | null
  onChange: (key: string | null) => void
}) {
  const me = useMe()
  const modules = useQuery(listModulesOptions())
  const choices = (modules.data?.items ?? [])
    .filter((module) => !module.parent_field && may(me, 'read', module.key))
    .map((module) => ({ value: module.key, label: module.label_plural }))
  return <Select label={t.previewModule} data={choices} value={value} onChange={onChange} searchable />
}

export interface ShownProps {
  module: string
  record: string
  words: Words
}

/** The mail, written with a record. */
export function ShownMail({ module, record, words }: ShownProps) {
  const { subject, html, text } = words
  const [asked] = useDebouncedValue({ subject, html: html || null, text }, 400)
  const found = useQuery({
    queryKey: ['templatePreview', module, record, asked],
    queryFn: async ({ signal }) => {
      const body = { ...asked, module, record_id: record }
      return (await api.previewTemplate({ body, signal, throwOnError: true })).data
    },
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (found.error) return <Faults problem={asProblem(found.error)} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={320} />
  return <LetterView letter={{ to: [], ...found.data }} />
}

const PLACES: Record<string, string> = {
  '/subject': t.subject,
  '/html': t.content,
  '/text': t.text,
  '/header': papers.header,
  '/footer': papers.footer,
}

/** What is wrong with the words, in place of the preview. */
export function Faults({ problem, onRetry }: { problem: ApiProblem; onRetry: () => void }) {
  if (problem.problems.length === 0) return <Problem error={problem} onRetry={onRetry} />
  return (
    <Alert color="orange" title={t.previewFault} data-testid="problems" role="status">
      <List size="sm" spacing={4}>
        {problem.problems.map(({ path, code, message, suggestion }) => (
          <List.Item key={path + code + message}>
            {PLACES[path] && <b>{PLACES[path]}: </b>}
            {message} {suggestion}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}
