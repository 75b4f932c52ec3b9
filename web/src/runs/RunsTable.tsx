import { Anchor, Checkbox, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { Run } from '../api'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { format, t } from '../text'
import { runs as words } from '../text/runs'
import { kindOf, nameOf } from './origin'
import { causeOf, errorOf, secondsOf } from './words'

interface Props {
  runs: Run[]
  /** All are of one workflow, so that its name says nothing. */
  ofOne?: boolean
  chosen?: ReadonlySet<number>
  onChoose?: (chosen: ReadonlySet<number>) => void
}

/** Runs in a table; with `onChoose`, some of them can be chosen. */
export function RunsTable({ runs, ofOne = false, chosen, onChoose }: Props) {
  const all = runs.length > 0 && runs.every((run) => chosen?.has(run.id))
  const some = runs.some((run) => chosen?.has(run.id))
  return (
    <Table.ScrollContainer minWidth={ofOne ? 560 : 760}>
      <Table className="surface" withTableBorder data-testid="runs-table">
        <Table.Thead>
          <Table.Tr>
            {onChoose && (
              <Table.Th w={36}>
                <Checkbox
                  aria-label={t.common.all}
                  checked={all}
                  indeterminate={some && !all}
                  onChange={() => onChoose(all ? new Set() : new Set(runs.map((run) => run.id)))}
                />
              </Table.Th>
            )}
            {[
              words.status,
              ofOne ? words.result : words.workflow,
              words.record,
              words.cause,
              words.started,
              words.took,
            ].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id} data-testid={`run-${run.id}`}>
              {onChoose && (
                <Table.Td>
                  <Checkbox
                    aria-label={words.run(run.id)}
                    checked={chosen?.has(run.id) ?? false}
                    onChange={() => onChoose(toggled(chosen ?? new Set(), run.id))}
                  />
                </Table.Td>
              )}
              <Cells run={run} ofOne={ofOne} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Cells({ run, ofOne }: { run: Run; ofOne: boolean }) {
  const seconds = secondsOf(run)
  const error = errorOf(run.error)
  const kind = kindOf(run)
  return (
    <>
      <Table.Td>
        <Anchor
          component={Link}
          to={`/runs/${run.id}`}
          underline="never"
          aria-label={`${t.common.status[run.status] ?? run.status}, ${words.run(run.id)}`}
        >
          <Status of={run.status} />
        </Anchor>
      </Table.Td>
      <Table.Td maw={340}>
        {ofOne ? (
          !error && t.common.nothing
        ) : (
          <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
            {nameOf(run)}
          </Anchor>
        )}
        {!ofOne && kind && (
          <Text size="xs" c="dimmed">
            {kind}
          </Text>
        )}
        {error && (
          <Text
            size="xs"
            c={run.status === 'cancelled' ? 'dimmed' : 'var(--mantine-color-error)'}
            lineClamp={2}
          >
            {error.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td maw={240}>
        <RecordLink run={run} />
      </Table.Td>
      <Table.Td>{causeOf(run)}</Table.Td>
      <Table.Td>
        <When at={run.created_at} />
      </Table.Td>
      <Table.Td>{seconds === null ? t.common.nothing : format.duration(seconds)}</Table.Td>
    </>
  )
}

/** The record that a run is about, by its name. */
export function RecordLink({ run }: { run: Pick<Run, 'module' | 'record_id' | 'record_title'> }) {
  if (!run.module || run.record_id === null)
    return (
      <Text size="sm" c="dimmed">
        {words.noRecord}
      </Text>
    )
  return (
    <Anchor
      component={Link}
      to={`/records/${run.module}/${encodeURIComponent(run.record_id)}`}
      size="sm"
      lineClamp={1}
    >
      {run.record_title || `${run.module} ${run.record_id}`}
    </Anchor>
  )
}

function toggled(chosen: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(chosen)
  if (!next.delete(id)) next.add(id)
  return next
}
