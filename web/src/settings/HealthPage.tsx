import { Alert, Anchor, Badge, Group, List, Paper, SimpleGrid, Skeleton, Table, Text } from '@mantine/core'
import { IconCircleCheck, IconInfoTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { getHealthReportOptions, type Report } from '../api'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { format, t } from '../text'
import { settings } from '../text/settings'
import { Section } from './Section'

const words = settings.health

/** What happens by itself, and whether it does: asked again every five seconds. */
export function Page() {
  const found = useQuery({ ...getHealthReportOptions(), refetchInterval: 5_000 })
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <Anchor href="/api/v1/docs" target="_blank" size="sm">
          {words.api}
        </Anchor>
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.data ? <Findings report={found.data} /> : !found.error && <Skeleton height={320} />}
    </>
  )
}

function Findings({ report }: { report: Report }) {
  const well = report.findings.length === 0
  return (
    <>
      <Alert
        color={well ? 'green' : report.status === 'down' ? 'red' : 'yellow'}
        icon={well ? <IconCircleCheck aria-hidden /> : <IconInfoTriangle aria-hidden />}
        title={words.levels[report.status] ?? report.status}
        mb="md"
      >
        {!well && (
          <List size="sm">
            {report.findings.map((finding) => (
              <List.Item key={finding.code + finding.message}>
                {finding.message} {finding.suggestion}
              </List.Item>
            ))}
          </List>
        )}
      </Alert>
      <Queues report={report} />
      <Workers report={report} />
      <Schedules report={report} />
      {report.circuits.length > 0 && <Circuits report={report} />}
      {report.destinations.length > 0 && <Destinations report={report} />}
    </>
  )
}

const QUEUES = [
  { key: 'changes_to_match', oldest: 'change_seconds' },
  { key: 'runs_to_advance', oldest: 'run_seconds' },
  { key: 'runs_waiting', oldest: 'wait_seconds' },
  { key: 'bulk_runs_open', to: '/runs/bulk' },
  { key: 'messages_queued', oldest: 'message_seconds' },
  { key: 'messages_held', to: '/messages?status=held' },
  { key: 'messages_failed', to: '/messages?status=failed' },
  { key: 'messages_uncertain', to: '/messages?status=uncertain' },
  { key: 'calls_to_make', oldest: 'call_seconds' },
] as const

function Queues({ report }: { report: Report }) {
  return (
    <Section title={words.queues}>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        {QUEUES.map((queue) => {
          const count = report.queues[queue.key]
          const seconds = 'oldest' in queue ? report.oldest[queue.oldest] : null
          const label = words[queue.key]
          return (
            <Paper key={queue.key} p="xs">
              <Text fz={20} fw={600}>
                {format.number(count)}
              </Text>
              {'to' in queue && count > 0 ? (
                <Anchor component={Link} to={queue.to} size="xs">
                  {label}
                </Anchor>
              ) : (
                <Text size="xs" c="dimmed">
                  {label}
                  {seconds ? `, ${words.oldest(format.duration(seconds))}` : ''}
                </Text>
              )}
            </Paper>
          )
        })}
      </SimpleGrid>
    </Section>
  )
}

function Workers({ report }: { report: Report }) {
  if (report.workers.length === 0)
    return (
      <Section title={words.workers}>
        <Text size="sm">{words.noWorkers}</Text>
      </Section>
    )
  return (
    <Section title={words.workers}>
      <Table.ScrollContainer minWidth={520}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {[words.process, words.since, words.seen, words.ticked, ''].map((label) => (
                <Table.Th key={label || 'state'}>{label}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.workers.map((worker) => (
              <Table.Tr key={`${worker.host}:${worker.pid}`}>
                <Table.Td>
                  {worker.host} · {worker.pid}
                </Table.Td>
                <Table.Td>
                  <When at={worker.started_at} />
                </Table.Td>
                <Table.Td>
                  <When at={worker.seen_at} />
                </Table.Td>
                <Table.Td>
                  <When at={worker.ticked_at} />
                </Table.Td>
                <Table.Td>
                  <Badge color={worker.alive ? 'green' : 'red'}>
                    {worker.alive ? words.alive : words.gone}
                  </Badge>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  )
}

function Schedules({ report }: { report: Report }) {
  const { clock } = report
  const facts: [string, React.ReactNode][] = [
    [words.lastTick, <When key="tick" at={clock.last_tick_at} />],
    [words.next, <When key="next" at={clock.next_at} exact />],
    [words.lag, clock.lag_seconds > 0 ? format.duration(clock.lag_seconds) : t.common.nothing],
    [words.schedules, format.number(clock.schedules)],
    [
      words.datesDue,
      report.oldest.date_seconds
        ? `${format.number(clock.dates_due)}, ${words.oldest(format.duration(report.oldest.date_seconds))}`
        : format.number(clock.dates_due),
    ],
    [
      words.week,
      (['on_time', 'late', 'skipped'] as const)
        .map((kind) => `${format.number(report.occurrences[kind] ?? 0)} ${words[kind]}`)
        .join(', '),
    ],
  ]
  return (
    <Section title={words.clock}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" verticalSpacing={6}>
        {facts.map(([label, value]) => (
          <Group key={label} justify="space-between" wrap="nowrap" maw={420}>
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text size="sm" component="div">
              {value}
            </Text>
          </Group>
        ))}
      </SimpleGrid>
      {report.troubled_occurrences.length > 0 && (
        <List size="sm" mt="xs" aria-label={words.troubled}>
          {report.troubled_occurrences.map((item) => (
            <List.Item key={item.workflow + item.nominal_at}>
              <Anchor component={Link} to={`/workflows/${item.workflow}`} size="sm">
                {item.workflow_name}
              </Anchor>
              : {format.dateTime(item.nominal_at)} – {troubleOf(item)}
            </List.Item>
          ))}
        </List>
      )}
    </Section>
  )
}

function troubleOf({
  kind,
  nominal_at: at,
  fired_at: fired,
}: Report['troubled_occurrences'][number]): string {
  if (kind !== 'late' || !fired) return words[kind]
  return words.lateBy(format.duration((Date.parse(fired) - Date.parse(at)) / 1000))
}

/** Hosts that are left alone for a while, because they did not answer several times in a row. */
function Circuits({ report }: { report: Report }) {
  return (
    <Section title={words.circuits} about={words.circuitsAbout}>
      <List size="sm" aria-label={words.circuits}>
        {report.circuits.map((one) => (
          <List.Item key={one.destination}>
            {one.destination}, {words.until} <When at={one.until} />
          </List.Item>
        ))}
      </List>
    </Section>
  )
}

function Destinations({ report }: { report: Report }) {
  return (
    <Section title={words.destinations}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.destination}</Table.Th>
            <Table.Th>{words.failed}</Table.Th>
            <Table.Th>{words.lastError}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {report.destinations.map((item) => (
            <Table.Tr key={item.destination}>
              <Table.Td>{item.destination}</Table.Td>
              <Table.Td>
                {format.number(item.failed)} / {format.number(item.messages)}
              </Table.Td>
              <Table.Td>{item.last_error ?? t.common.nothing}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  )
}
