import { Group, Modal, Select, Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { countPathsOptions, listVersionsOptions, type Paths } from '../../api'
import { WorkflowCanvas } from '../../editor/canvas'
import { keysOf, readDocument, startOf, type WorkflowDocument } from '../../editor/document'
import { useOpenWorkflow } from '../../editor/page'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { format, t as shared } from '../../text'
import { runsPanel as t } from '../../text/trust'
import classes from './runs.module.css'
import { elsewhere, exitCounts, nodesOf } from './shape'

const DAYS: Record<string, number> = { day: 1, week: 7, month: 30 }
const ALL = 'all'

/** The canvas of a version with how many runs took each exit, where they failed, and where they stand now. */
export function PathsDialog({ onClose }: { onClose: () => void }) {
  const { workflow } = useOpenWorkflow()
  const path = { key: workflow.key }
  const versions = useQuery(listVersionsOptions({ path }))
  const items = versions.data?.items ?? []
  const newest = items.find((version) => version.active) ?? items[0]
  const [chosen, setChosen] = useState<string | null>(null)
  const [period, setPeriod] = useState(ALL)
  const since = useMemo(() => sinceOf(period), [period])
  const name = chosen ?? (newest ? String(newest.number) : ALL)
  const version = name === ALL ? undefined : Number(name)
  const query = { ...(version ? { version } : {}), ...(since ? { since } : {}) }
  const paths = useQuery({ ...countPathsOptions({ path, query }), enabled: versions.data !== undefined })
  const drawn = items.find((one) => one.number === version) ?? newest
  const document = useMemo(() => (drawn ? readDocument(drawn.document) : null), [drawn])
  const error = versions.error ?? paths.error
  return (
    <Modal opened onClose={onClose} title={t.paths} size="min(1200px, 96vw)">
      <Group gap="sm" mb="sm" align="flex-end">
        <Select
          label={t.version}
          w={320}
          value={name}
          onChange={(value) => setChosen(value)}
          data={[
            ...items.map((one) => ({
              value: String(one.number),
              label: t.versionNumber(one.number, Boolean(one.active)),
            })),
            { value: ALL, label: t.allVersions },
          ]}
        />
        <Select
          label={t.since}
          w={170}
          value={period}
          onChange={(value) => value && setPeriod(value)}
          data={Object.entries(t.sinces).map(([value, label]) => ({ value, label }))}
        />
        {paths.data && <Ended paths={paths.data} />}
      </Group>
      {error && (
        <Problem error={error} onRetry={() => (versions.error ? versions.refetch() : paths.refetch())} />
      )}
      {paths.data && document && !error ? (
        <Drawn paths={paths.data} document={document} module={workflow.module} />
      ) : (
        !error && <Skeleton h={420} />
      )}
    </Modal>
  )
}

function sinceOf(period: string): string | undefined {
  const days = DAYS[period]
  return days ? new Date(Date.now() - days * 86_400_000).toISOString() : undefined
}

function Ended({ paths }: { paths: Paths }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {paths.runs > 0 ? t.runs(paths.runs) : t.noPaths}{' '}
        {paths.runs >= 10_000 && (
          <Text span size="xs" c="dimmed">
            {t.most}
          </Text>
        )}
      </Text>
      <Group gap={6}>
        {Object.entries(paths.statuses).map(([status, runs]) => (
          <Status
            key={status}
            of={status}
            label={`${format.number(runs)} ${(shared.common.status[status] ?? status).toLowerCase()}`}
          />
        ))}
      </Group>
    </div>
  )
}

interface DrawnProps {
  paths: Paths
  document: WorkflowDocument
  module: string | null
}

function Drawn({ paths, document, module }: DrawnProps) {
  const start = startOf(document)?.key
  const nodes = useMemo(() => nodesOf(paths, start), [paths, start])
  const counts = useMemo(() => exitCounts(paths, start), [paths, start])
  const others = useMemo(() => elsewhere(paths, keysOf(document)), [paths, document])
  const decorate = useCallback(
    (key: string) => {
      const at = nodes.get(key)
      return at ? { status: at.status, badge: at.note || undefined } : { status: 'untouched' }
    },
    [nodes],
  )
  return (
    <>
      <div className={classes.canvas} data-testid="paths">
        <WorkflowCanvas
          document={document}
          module={module}
          decorate={decorate}
          edgeCounts={counts}
          label={t.paths}
        />
      </div>
      {others.length > 0 && (
        <Text size="xs" c="dimmed" mt={6}>
          {t.nowhere}: {others.join(', ')}
        </Text>
      )}
    </>
  )
}
