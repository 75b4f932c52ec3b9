import { Anchor, Badge, Group, Modal, Stack, Table, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import type { Times } from '../../api'
import { When } from '../../parts/When'
import { pathOf } from '../../records/model'
import { format } from '../../text'
import { times as t } from '../../text/times'

interface Props {
  name: string
  module: string | null
  found: Times
  onClose: () => void
}

const LATE_SECONDS = 60
const EXAMPLES = 10

/** When the clock started a workflow, what was left out and why, and when it comes next. */
export function TimesDialog({ name, module, found, onClose }: Props) {
  const { next_at: next, waiting, occurrences, skipped } = found
  return (
    <Modal opened onClose={onClose} title={t.title(name)} size="lg">
      <Stack gap="md" data-testid="times">
        {next ? (
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {t.next}
            </Text>
            <Text size="sm">
              <When at={next} exact /> ({format.relative(next)})
            </Text>
            {waiting > 0 && <Badge variant="default">{t.waiting(waiting)}</Badge>}
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {t.none}
          </Text>
        )}
        {(occurrences.length > 0 || skipped.length === 0) && <Came occurrences={occurrences} />}
        {skipped.length > 0 && <Nothing found={found} module={module} />}
      </Stack>
    </Modal>
  )
}

function Came({ occurrences }: Pick<Times, 'occurrences'>) {
  return (
    <section>
      <Title order={3} mb={4}>
        {t.came}
      </Title>
      {occurrences.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t.noneCame}
        </Text>
      ) : (
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.at}</Table.Th>
              <Table.Th>{t.became}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {occurrences.map((one) => (
              <Table.Tr key={one.nominal_at}>
                <Table.Td>
                  <When at={one.nominal_at} exact />
                </Table.Td>
                <Table.Td>{became(one)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  )
}

function became({ nominal_at, fired_at, status, matched }: Times['occurrences'][number]): string {
  if (status === 'skipped' || !fired_at) return t.skipped
  const seconds = (Date.parse(fired_at) - Date.parse(nominal_at)) / 1000
  const late = seconds > LATE_SECONDS ? `, ${t.late(format.duration(seconds))}` : ''
  return t.fired(matched) + late
}

function Nothing({ found, module }: { found: Times; module: string | null }) {
  return (
    <section>
      <Title order={3} mb={4}>
        {t.nothing}
      </Title>
      <Stack gap={2} mb="xs">
        {found.skipped.map((one) => (
          <Text key={one.why} size="sm">
            <b>{t.records(one.records)}:</b> {t.reasons[one.why]}
          </Text>
        ))}
      </Stack>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.record}</Table.Th>
            <Table.Th>{t.due}</Table.Th>
            <Table.Th>{t.why}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.examples.slice(0, EXAMPLES).map((one) => (
            <Table.Tr key={`${one.record_id} ${one.due_at}`}>
              <Table.Td>
                {module === null ? (
                  `#${one.record_id}`
                ) : (
                  <Anchor component={Link} to={pathOf(module, one.record_id)} size="sm">
                    #{one.record_id}
                  </Anchor>
                )}
              </Table.Td>
              <Table.Td>
                <When at={one.due_at} exact />
              </Table.Td>
              <Table.Td>{t.short[one.why]}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}
