import { Alert, Anchor, Group, ScrollArea, Tabs, Text } from '@mantine/core'
import { IconCircleCheck, IconCircleMinus, IconCircleX, IconClock } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Tested, TestedRecord } from '../../api'
import { RecordTitle } from '../../records/fields/RecordTitle'
import { t as shared } from '../../text'
import { test as t } from '../../text/trust'
import { ProofLine } from './ProofLine'
import { TestedOne } from './TestedOne'
import classes from './test.module.css'
import type { Tried } from './useTest'
import { endOf } from './walk'

interface Props {
  tried: Tried
  /** Whether the drawing is another one by now. */
  stale: boolean
  /** Go to a block of the draft. */
  onEdit: (node: string) => void
}

/** What a test came to: that nothing was kept, and record by record what the blocks did. */
export function Results({ tried, stale, onEdit }: Props) {
  const { records, others, proof } = tried.tested
  const [shown, setShown] = useState(() => String(Math.max(firstToShow(records), 0)))
  return (
    <>
      <div className={classes.top}>
        <Group justify="space-between" gap="xs" mb={8}>
          <ProofLine proof={proof} />
          {stale && (
            <Text size="xs" c="dimmed" role="status">
              {t.stale}
            </Text>
          )}
        </Group>
        {others.length > 0 && <Others others={others} />}
        <ScrollArea type="auto" scrollbarSize={6} offsetScrollbars="x">
          <Tabs value={shown} onChange={(value) => setShown(value ?? '0')}>
            <Tabs.List aria-label={t.results} style={{ flexWrap: 'nowrap' }}>
              {records.map((record, index) => (
                <Tabs.Tab
                  key={String(index)}
                  value={String(index)}
                  className={classes.tab}
                  leftSection={<End record={record} />}
                  aria-controls="tested-record"
                >
                  <span className={classes.tabName}>
                    <Name record={record} tried={tried} />
                  </span>
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </Tabs>
        </ScrollArea>
      </div>
      {records[Number(shown)] && (
        <TestedOne
          key={shown}
          record={records[Number(shown)] as TestedRecord}
          tried={tried}
          onEdit={onEdit}
        />
      )}
    </>
  )
}

/** The first record with a run: there is most to see. */
const firstToShow = (records: TestedRecord[]) => records.findIndex((record) => record.status !== null)

function Name({ record, tried }: { record: TestedRecord; tried: Tried }) {
  if (record.record_id === null || tried.module === null) return <>{t.ofNothing}</>
  if (tried.form) return <>{t.ofForm}</>
  return <RecordTitle module={tried.module} id={record.record_id} />
}

const SIGNS = { succeeded: IconCircleCheck, failed: IconCircleX, skipped: IconCircleMinus }

/** How it ended for one record. */
function End({ record }: { record: TestedRecord }) {
  const end = endOf(record)
  const Sign = SIGNS[end as keyof typeof SIGNS] ?? IconClock
  const color = end === 'skipped' ? 'cancelled' : end in SIGNS ? end : 'partial'
  const label = end === 'skipped' ? t.would.trigger.split(':')[0] : shared.common.status[end]
  return <Sign size={16} color={`var(--run-${color})`} role="img" aria-label={label ?? end} />
}

function Others({ others }: { others: Tested['others'] }) {
  return (
    <Alert color="blue" py={6} mb={8} data-testid="others-started">
      <Text size="sm">
        {t.others(others.length)}:{' '}
        {others.map((one, index) => (
          <span key={one.workflow}>
            {index > 0 && ', '}
            <Anchor component={Link} to={`/workflows/${one.workflow}`} target="_blank" inherit>
              {one.name}
            </Anchor>{' '}
            ({t.starts(one.starts)})
          </span>
        ))}
        . {t.othersAbout}
      </Text>
    </Alert>
  )
}
