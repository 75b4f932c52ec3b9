import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listRecordPlaybooksOptions, type ModuleOut, type RecordOut, type TrackLine } from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { useLive } from '../../parts/useLive'
import { tracks as t } from '../../text/tracks'
import { useFitting, useHasStrategy } from '../useFitting'
import { OfAccount } from './OfAccount'
import { RecordStrategy } from './RecordStrategy'
import { StartDialog } from './StartDialog'
import { TrackView } from './TrackView'

interface Props {
  module: ModuleOut
  record: RecordOut
}

/** What is under way on a record, or on what belongs to an account; and how the record stands to its strategy. */
export function RecordPlaybooks({ module, record }: Props) {
  const fitting = useFitting(module.key)
  const strategy = useHasStrategy(module.key)
  useLive(['runs', 'tasks', 'records'], ['listRecordPlaybooks', 'getPlaybookTrack', 'getRecordStrategy'])
  const any = fitting.own.length + fitting.accounts.length > 0
  if (!any && !strategy) return null
  return (
    <Paper
      className="surface"
      p="sm"
      mb="md"
      component="section"
      aria-label={t.label}
      data-testid="playbooks-of-record"
    >
      <Stack gap="sm">
        {any && <UnderWay module={module} record={record} account={fitting.accounts.length > 0} />}
        {strategy && <RecordStrategy module={module} record={record} />}
      </Stack>
    </Paper>
  )
}

const isOpen = (track: TrackLine) => track.status === 'running' || track.status === 'queued'

function UnderWay({ module, record, account }: Props & { account: boolean }) {
  const me = useMe()
  const fitting = useFitting(module.key)
  const [starting, setStarting] = useState(false)
  const [earlier, setEarlier] = useState(false)
  const path = { module: module.key, record_id: record.id }
  const found = useQuery(listRecordPlaybooksOptions({ path }))
  const tracks = found.data?.tracks ?? []
  const open = tracks.filter(isOpen)
  const over = tracks.filter((track) => !isOpen(track))
  const choices = [...fitting.own, ...fitting.accounts].filter(
    (one) => one.state === 'active' && one.module !== null && may(me, 'read', one.module),
  )
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Group gap={8}>
          <IconChecklist size={17} stroke={1.6} aria-hidden />
          <Title order={2} fz="sm">
            {t.underWay}
          </Title>
          {found.data && open.length === 0 && found.data.of_account.filter(isOpen).length === 0 && (
            <Text size="sm" c="dimmed">
              {t.none}
            </Text>
          )}
        </Group>
        {choices.length > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => setStarting(true)}>
            {t.start}
          </Button>
        )}
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {open.map((track) => (
        <TrackView key={track.id} line={track} />
      ))}
      {over.length > 0 && (
        <Group>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-expanded={earlier}
            onClick={() => setEarlier(!earlier)}
          >
            {t.earlier(over.length)}
          </Button>
        </Group>
      )}
      {earlier && over.map((track) => <TrackView key={track.id} line={track} folded />)}
      {account && found.data && found.data.of_account.length > 0 && (
        <OfAccount tracks={found.data.of_account} />
      )}
      {starting && (
        <StartDialog
          choices={choices}
          from={
            account
              ? { account: record.id, module: module.key, records: [record.id] }
              : { records: [record.id], module: module.key }
          }
          onClose={() => setStarting(false)}
        />
      )}
    </Stack>
  )
}
