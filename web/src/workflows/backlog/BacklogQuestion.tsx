import { Anchor, Radio, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { BacklogOut, ToState } from '../../api'
import { pathOf } from '../../records/model'
import { format } from '../../text'
import { backlog as t } from '../../text/backlog'

export type Answer = NonNullable<ToState['backlog']>

interface Props {
  found: BacklogOut
  module: string | null
  staged?: boolean
  value: Answer
  onChange: (answer: Answer) => void
}

/** Whether there is anything to ask about. */
export function isAsked(found: BacklogOut | null | undefined): found is BacklogOut {
  return Boolean(found && (found.records.count ?? found.records.at_least) > 0)
}

/** When a workflow that goes by dates begins: what becomes of records whose time has passed. */
export function BacklogQuestion({ found, module, staged = false, value, onChange }: Props) {
  const { count, at_least: least, examples } = found.records
  const records = count === null ? t.atLeast(format.number(least)) : t.exactly(count)
  return (
    <Stack gap={6} data-testid="backlog">
      <Radio.Group
        label={staged ? t.askedStaged(records) : t.asked(records)}
        value={value}
        onChange={(next) => onChange(next === 'run' ? 'run' : 'skip')}
      >
        <Stack gap={6} mt={6}>
          <Radio value="skip" label={t.skip} description={t.skipAbout} />
          <Radio value="run" label={t.run} description={staged ? t.runAgain : t.runAbout} />
        </Stack>
      </Radio.Group>
      {module !== null && examples.length > 0 && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {examples.map((one, index) => (
            <span key={one.id}>
              {index > 0 && ', '}
              <Anchor component={Link} to={pathOf(module, one.id)} target="_blank" inherit dir="auto">
                {one.title || `#${one.id}`}
              </Anchor>
            </span>
          ))}
          {(count ?? least) > examples.length && ' …'}
        </Text>
      )}
      {found.late_hours !== null && (
        <Text size="xs" c="dimmed">
          {t.late(found.late_hours)}
        </Text>
      )}
    </Stack>
  )
}
