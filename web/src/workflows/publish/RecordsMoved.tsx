import { Anchor, Text } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { ReviewedRecords } from '../../api'
import { pathOf } from '../../records/model'
import { format } from '../../text'
import { publish as t } from '../../text/trust'
import classes from './publish.module.css'
import { type Counted, countIn, isSome } from './reviewing'

interface Props {
  records: ReviewedRecords
  module: string | null
}

/** Which records meet the filter now, and which the draft gains and loses, with examples. */
export function RecordsMoved({ records, module }: Props) {
  const { reason, active, draft, gained, lost } = records
  if (reason || !draft || !module)
    return (
      <Text size="sm" c="dimmed">
        {reason}
      </Text>
    )
  return (
    <div data-testid="records-moved">
      <Text size="sm">
        <b>{t.of(countIn(draft), format.number(draft.total))}</b> {t.meet}
        {active && ` (${countIn(active)} ${t.met})`}.
      </Text>
      {isSome(gained) && <Moved found={gained} module={module} kind="gained" />}
      {isSome(lost) && <Moved found={lost} module={module} kind="lost" />}
      {active && !isSome(gained) && !isSome(lost) && (
        <Text size="sm" c="dimmed">
          {t.noneMoves}
        </Text>
      )}
    </div>
  )
}

function Moved({ found, module, kind }: { found: Counted; module: string; kind: 'gained' | 'lost' }) {
  const Sign = kind === 'gained' ? IconPlus : IconMinus
  return (
    <div className={classes.moved} data-kind={kind}>
      <Sign size={15} aria-hidden />
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        <b>{t[kind](countIn(found))}</b>
        {found.examples.length > 0 && ': '}
        {found.examples.map((one, index) => (
          <span key={one.id}>
            {index > 0 && ', '}
            <Anchor component={Link} to={pathOf(module, one.id)} target="_blank" inherit dir="auto">
              {one.title || `#${one.id}`}
            </Anchor>
          </span>
        ))}
        {found.at_least > found.examples.length && ' …'}
      </Text>
    </div>
  )
}
