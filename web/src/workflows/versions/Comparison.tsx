import { ActionIcon, Group, Select, Skeleton, Stack, Text, Tooltip } from '@mantine/core'
import { IconArrowsExchange } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { compareVersionsOptions, type DifferencesOut, type Version } from '../../api'
import { WorkflowCanvas } from '../../editor/canvas'
import { nodeOf, readDocument, type WorkflowDocument } from '../../editor/document'
import { nodeTitle } from '../../editor/naming'
import { useOpenWorkflow } from '../../editor/page'
import { useEditorState } from '../../editor/store'
import { Problem } from '../../parts/Problem'
import { differences, versions as t } from '../../text/trust'
import { marksOf } from './changes'
import { Differences } from './Differences'
import classes from './versions.module.css'

interface Props {
  items: Version[]
  from: string
  to: string
  onFrom: (version: string) => void
  onTo: (version: string) => void
}

/** Two versions side by side, what came, went and changed in colour, and below it in sentences. */
export function Comparison({ items, from, to, onFrom, onTo }: Props) {
  const { workflow } = useOpenWorkflow()
  const draft = useEditorState((state) => state.draft)
  const blocks = useEditorState((state) => state.known.blocks)
  const found = useQuery({
    ...compareVersionsOptions({ path: { key: workflow.key }, query: { from, to } }),
    placeholderData: keepPreviousData,
  })
  const documentOf = useCallback(
    (name: string) => {
      const version = items.find((one) => String(one.number) === name)
      return version ? readDocument(version.document) : draft.document
    },
    [items, draft.document],
  )
  const before = useMemo(() => documentOf(from), [documentOf, from])
  const after = useMemo(() => documentOf(to), [documentOf, to])
  const options = [
    { value: 'draft', label: t.draft },
    ...items.map(({ number, active }) => ({
      value: String(number),
      label: active ? `${t.version(number)} (${t.active.toLowerCase()})` : t.version(number),
    })),
  ]
  const nameOf = (key: string) => nodeTitle(nodeOf(after, key) ? after : before, blocks, key)
  const shown = found.isPlaceholderData ? undefined : found.data
  return (
    <Stack gap="sm" className={classes.comparison} data-testid="comparison">
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <Select
          label={t.from}
          data={options}
          value={from}
          onChange={(value) => value && onFrom(value)}
          flex={1}
        />
        <Tooltip label={t.swap}>
          <ActionIcon
            variant="default"
            size={34}
            aria-label={t.swap}
            onClick={() => {
              onFrom(to)
              onTo(from)
            }}
          >
            <IconArrowsExchange size={17} />
          </ActionIcon>
        </Tooltip>
        <Select label={t.to} data={options} value={to} onChange={(value) => value && onTo(value)} flex={1} />
      </Group>
      <div className={classes.canvases}>
        <Side
          document={before}
          module={draft.module}
          found={shown}
          side="before"
          name={nameIn(options, from)}
        />
        <Side document={after} module={draft.module} found={shown} side="after" name={nameIn(options, to)} />
      </div>
      {found.error ? (
        <Problem error={found.error} onRetry={() => found.refetch()} />
      ) : shown ? (
        <Differences found={shown} nameOf={nameOf} />
      ) : (
        <Skeleton h={80} />
      )}
    </Stack>
  )
}

const nameIn = (options: { value: string; label: string }[], value: string) =>
  options.find((one) => one.value === value)?.label ?? value

interface SideProps {
  document: WorkflowDocument
  module: string | null
  found: DifferencesOut | undefined
  side: 'before' | 'after'
  name: string
}

function Side({ document, module, found, side, name }: SideProps) {
  const marks = useMemo(() => marksOf(found, side), [found, side])
  const decorate = useCallback(
    (key: string) => {
      const mark = marks.get(key)
      if (mark !== 'added' && mark !== 'removed' && mark !== 'changed') return undefined
      return { status: mark, badge: differences[mark] }
    },
    [marks],
  )
  return (
    <div>
      <Text size="xs" fw={600} c="dimmed" mb={4}>
        {name}
      </Text>
      <div className={classes.canvas}>
        <WorkflowCanvas document={document} module={module} decorate={decorate} label={t.canvas(name)} />
      </div>
    </div>
  )
}
