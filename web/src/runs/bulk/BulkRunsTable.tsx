import { Anchor, Group, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { BulkRun } from '../../api'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { format, t as shared } from '../../text'
import { bulk as t } from '../../text/bulk'
import { kindOf, nameOf } from '../origin'
import classes from './bulk.module.css'
import { BulkBar } from './Progressing'
import { causeOf, ranBy, secondsOf } from './shape'

interface Props {
  runs: readonly BulkRun[]
  /** All are of one workflow, so that its name says nothing. */
  ofOne?: boolean
}

/** Bulk runs in a table: one line each, however many records. */
export function BulkRunsTable({ runs, ofOne = false }: Props) {
  const wide = ofOne ? undefined : 'md'
  return (
    <Table.ScrollContainer minWidth={ofOne ? 560 : 680}>
      <Table className="surface" withTableBorder data-testid="bulk-runs-table">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={110}>{t.column.status}</Table.Th>
            {!ofOne && <Table.Th miw={180}>{t.column.workflow}</Table.Th>}
            <Table.Th w={190}>{t.column.progress}</Table.Th>
            <Table.Th w={80}>{t.column.failed}</Table.Th>
            <Table.Th visibleFrom={wide}>{t.column.cause}</Table.Th>
            <Table.Th w={130}>{t.column.started}</Table.Th>
            <Table.Th w={90} visibleFrom={wide}>
              {t.column.took}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} ofOne={ofOne} wide={wide} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

interface RowProps {
  run: BulkRun
  ofOne: boolean
  /** From which width on there is room for everything. */
  wide: 'md' | undefined
}

function Row({ run, ofOne, wide }: RowProps) {
  const to = `/runs/bulk/${run.id}`
  const took = secondsOf(run)
  const kind = kindOf(ranBy(run))
  const name = shared.common.status[run.status] ?? run.status
  return (
    <Table.Tr data-testid={`bulk-run-${run.id}`}>
      <Table.Td>
        <Anchor component={Link} to={to} underline="never" aria-label={`${name}, ${t.name(run.id)}`}>
          <Status of={run.status} />
        </Anchor>
      </Table.Td>
      {!ofOne && (
        <Table.Td maw={320}>
          <Anchor component={Link} to={to} size="sm" lineClamp={3}>
            {nameOf(ranBy(run)) ?? t.name(run.id)}
          </Anchor>
          {kind && (
            <Text size="xs" c="dimmed">
              {kind}
            </Text>
          )}
        </Table.Td>
      )}
      <Table.Td>
        <Group gap={8} wrap="nowrap">
          <div className={classes.small}>
            <BulkBar run={run} size="sm" />
          </div>
          <Text size="sm" className={classes.number}>
            {run.matched === null ? '–' : format.number(run.matched)}
          </Text>
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c={run.failed > 0 ? 'var(--mantine-color-error)' : 'dimmed'}>
          {format.number(run.failed)}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom={wide}>{causeOf(run)}</Table.Td>
      <Table.Td>
        <When at={run.started_at ?? run.created_at} />
      </Table.Td>
      <Table.Td visibleFrom={wide}>{took === null ? shared.common.nothing : format.duration(took)}</Table.Td>
    </Table.Tr>
  )
}
