import { Group, NumberInput, Select } from '@mantine/core'
import { form as t } from '../text/form'
import type { InputProps } from './types'
import { type Moment, momentOf, UNITS, type Unit, valueOfMoment } from './value'

interface Props extends InputProps<unknown> {
  /** A time of day counts, too: not for days. */
  withTime: boolean
}

const NAMED = ['today', 'tomorrow', 'yesterday', 'now'] as const
const SHIFTED = ['after_today', 'before_today', 'after_now', 'before_now'] as const
type Kind = (typeof NAMED)[number] | (typeof SHIFTED)[number]

/** Today, now, or so long before or after: "3 days after today". */
export function MomentInput({ value, onChange, withTime, label, ...input }: Props) {
  const moment = momentOf(value)
  const kind = kindOf(moment)
  const called = input['aria-label'] ?? label ?? t.value
  const set = (next: Moment) => onChange(valueOfMoment(next))
  const choose = (next: string | null) => {
    const named = NAMED.find((one) => one === next)
    if (named) return set({ named })
    const [direction, from] = (next ?? 'after_today').split('_')
    const { plus, unit } = 'from' in moment ? moment : { plus: 3, unit: 'days' as const }
    const fits = from === 'now' || !TIMES.includes(unit)
    set({
      from: from === 'now' ? 'now' : 'today',
      plus: direction === 'before' ? -Math.abs(plus) : Math.abs(plus),
      unit: fits ? unit : 'days',
    })
  }
  const offered: Kind[] = [...NAMED, 'after_today', 'before_today']
  if (withTime || kind.endsWith('_now')) offered.push('after_now', 'before_now')
  return (
    <Group gap={6} align="flex-start" wrap="wrap">
      {'from' in moment && (
        <>
          <NumberInput
            aria-label={`${called}: ${t.amount}`}
            value={Math.abs(moment.plus)}
            min={1}
            max={100_000}
            w={54}
            hideControls
            onChange={(next) =>
              set({ ...moment, plus: Math.sign(moment.plus) * Math.max(1, Math.abs(Number(next) || 1)) })
            }
          />
          <Select
            aria-label={`${called}: ${t.unit}`}
            data={UNITS.filter((one) => moment.from === 'now' || !TIMES.includes(one)).map((one) => ({
              value: one,
              label: t.units[one] ?? one,
            }))}
            value={moment.unit}
            onChange={(unit) => set({ ...moment, unit: (unit as Unit | null) ?? 'days' })}
            w={92}
          />
        </>
      )}
      <Select
        {...input}
        aria-label={called}
        data={offered.map((one) => ({ value: one, label: t.moments[one] ?? one }))}
        value={kind}
        onChange={choose}
        flex="1 1 125px"
        miw={0}
      />
    </Group>
  )
}

const TIMES: Unit[] = ['minutes', 'hours']

function kindOf(moment: Moment): Kind {
  if ('named' in moment) return moment.named
  return `${moment.plus < 0 ? 'before' : 'after'}_${moment.from}`
}
