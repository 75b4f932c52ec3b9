import { Anchor, Paper, Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { DrawingOut, WholeRun } from '../api'
import { readDocument } from '../editor/document'
import { When } from '../parts/When'
import { format } from '../text'
import { bulk } from '../text/bulk'
import { runs as words } from '../text/runs'
import { endOfWait } from './waiting'
import { causeOf, secondsOf } from './words'

/** When, what started it, which runs led to it, and what it waits for. */
export function RunFacts({ run, drawing }: { run: WholeRun; drawing: DrawingOut | undefined }) {
  const seconds = secondsOf(run)
  const facts: [string, ReactNode][] = [
    [words.cause, causeOf(run)],
    [words.started, <When key="at" at={run.created_at} exact />],
  ]
  if (seconds !== null) facts.push([run.ended_at ? words.took : words.soFar, format.duration(seconds)])
  if (run.bulk_run)
    facts.push([
      words.bulkRun,
      <Anchor key="bulk" component={Link} to={`/runs/bulk/${run.bulk_run}`} size="sm">
        {bulk.name(run.bulk_run)}
      </Anchor>,
    ])
  if (run.parent_run_id) facts.push([words.parent, <ToRun key="parent" id={run.parent_run_id} />])
  if (run.depth > 1) facts.push([words.chain, words.chainOf(run.depth)])
  if (run.rerun_of) facts.push([words.rerunOf, <ToRun key="rerun" id={run.rerun_of} />])
  const since = run.status === 'waiting' ? run.waiting?.since : null
  if (typeof since === 'string') facts.push([words.waitsSince, <When key="since" at={since} exact />])
  const node = drawing && readDocument(drawing.document).nodes.find(({ key }) => key === run.node)
  const until = endOfWait(run, node)
  if (until) facts.push([words.waitsFor, words.waitsUntil(format.dateTime(until))])
  return (
    <Paper className="surface" mb="sm">
      <Table highlightOnHover={false}>
        <Table.Tbody>
          {facts.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Td c="dimmed" w="38%">
                {label}
              </Table.Td>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

function ToRun({ id }: { id: number }) {
  return (
    <Anchor component={Link} to={`/runs/${id}`} size="sm">
      {words.run(id)}
    </Anchor>
  )
}
