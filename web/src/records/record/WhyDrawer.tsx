import { Accordion, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, askWhyOfRecordOptions, type ModuleOut, type RecordOut, type WorkflowVerdict } from '../../api'
import { Problem } from '../../parts/Problem'
import { When } from '../../parts/When'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { RunsThen, WhyTree } from './WhyTree'

interface Props {
  module: ModuleOut
  record: RecordOut
  opened: boolean
  onClose: () => void
}

/** Which workflows watch this record, and why each ran or did not. */
export function WhyDrawer({ module, record, opened, onClose }: Props) {
  return (
    <Drawer opened={opened} onClose={onClose} title={t.why} position="right" size="lg">
      <Stack>
        <Text size="sm" c="dimmed">
          {t.whyAbout}
        </Text>
        <Verdicts module={module} record={record} />
      </Stack>
    </Drawer>
  )
}

function Verdicts({ module, record }: { module: ModuleOut; record: RecordOut }) {
  const [open, setOpen] = useState<string | null>(null)
  const found = useQuery({
    ...askWhyOfRecordOptions({ path: { module: module.key, id: record.id } }),
    staleTime: 0,
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={160} />
  if (found.data.items.length === 0) return <Text size="sm">{t.whyNone}</Text>
  return (
    <Accordion variant="separated" keepMounted={false} value={open} onChange={setOpen}>
      {found.data.items.map((verdict) => (
        <Accordion.Item key={verdict.workflow} value={verdict.workflow}>
          <Accordion.Control>
            <Verdict verdict={verdict} />
          </Accordion.Control>
          <Accordion.Panel>
            <Why workflow={verdict.workflow} recordId={record.id} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}

function Verdict({ verdict }: { verdict: WorkflowVerdict }) {
  const Sign = verdict.ran ? IconCheck : IconX
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Sign
        size={18}
        color={verdict.ran ? 'var(--run-succeeded)' : 'var(--mantine-color-error)'}
        role="img"
        aria-label={verdict.ran ? t.whyRan : t.whyDidNotRun}
        style={{ flex: 'none', marginTop: 1 }}
      />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {verdict.name}
        </Text>
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {verdict.verdict}
        </Text>
      </div>
    </Group>
  )
}

interface WhyProps {
  workflow: string
  recordId: string
  /** The change that is asked about; none: the latest. */
  changeId?: number
}

/** The checks of one workflow for one record, asked of the server. */
export function Why({ workflow, recordId, changeId }: WhyProps) {
  const found = useQuery({
    queryKey: ['why', workflow, recordId, changeId ?? null],
    queryFn: async () => {
      const body = { record_id: recordId, ...(changeId ? { change_id: changeId } : {}) }
      const asked = { path: { key: workflow }, body, cache: 'no-store', throwOnError: true } as const
      return (await api.askWhy(asked)).data
    },
    staleTime: 0,
  })
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  const { change, checks, runs } = found.data
  return (
    <Stack gap="xs">
      {change && (
        <Text size="xs" c="dimmed">
          {t.whyChange(t.whyOperations[change.operation] ?? change.operation)} <When at={change.at} />
          {change.operation === 'updated' && change.fields.length > 0 && `: ${format.list(change.fields)}`}
        </Text>
      )}
      <WhyTree checks={checks} workflow={workflow} record={recordId} />
      <RunsThen runs={runs} />
    </Stack>
  )
}
