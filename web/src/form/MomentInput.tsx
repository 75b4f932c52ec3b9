import { Group, NumberInput, Select } from '@mantine/core'
import { form as t } from '../text/form'
import type { InputProps } from './types'
import { type Moment, momentOf, type Named, UNITS, type Unit, valueOfMoment } from './value'

interface Props extends InputProps<unknown> {
  /** A time of day counts, too: not for days. */
  withTime: boolean
}

/** Today, now, or so long before or after. */
export function MomentInput({ value, onChange, withTime, label, ...input }: Props) {
  const moment = momentOf(value)
  const named: Named[] = ['today', 'tomorrow', 'yesterday', 'now']
  const kind = 'named' in moment ? moment.named : moment.from === 'today' ? 'fromToday' : 'fromNow'
  const choose = (next: string | null) => {
    const name = named.find((one) => one === next)
    if (name) return onChange(valueOfMoment({ named: name }))
    const from = next === 'fromNow' ? 'now' : 'today'
    onChange(valueOfMoment({ plus: 3, unit: 'days', ...shift(moment), from }))
  }
  return (
    <Group gap={6} align="flex-start" wrap="wrap">
      <Select
        {...input}
        aria-label={input['aria-label'] ?? label}
        data={[
          ...named.map((one) => ({ value: one, label: t.named[one] })),
          { value: 'fromToday', label: t.fromToday },
          ...(withTime || kind === 'fromNow' ? [{ value: 'fromNow', label: t.fromNow }] : []),
        ]}
        value={kind}
        onChange={choose}
        flex="1 1 130px"
      />
      {'from' in moment && (
        <>
          <NumberInput
            aria-label={t.amount}
            value={Math.abs(moment.plus)}
            min={0}
            max={100_000}
            w={70}
            onChange={(next) =>
              onChange(valueOfMoment({ ...moment, plus: signed(moment, Math.abs(Number(next) || 0)) }))
            }
          />
          <Select
            aria-label={t.unit}
            data={UNITS.filter((one) => moment.from === 'now' || !['minutes', 'hours'].includes(one)).map(
              (one) => ({
                value: one,
                label: t.units[one] ?? one,
              }),
            )}
            value={moment.unit}
            onChange={(unit) => onChange(valueOfMoment({ ...moment, unit: (unit as Unit | null) ?? 'days' }))}
            w={104}
          />
          <Select
            aria-label={t.direction}
            data={[
              { value: 'after', label: t.inFuture },
              { value: 'before', label: t.inPast },
            ]}
            value={moment.plus < 0 ? 'before' : 'after'}
            onChange={(to) =>
              onChange(valueOfMoment({ ...moment, plus: Math.abs(moment.plus) * (to === 'before' ? -1 : 1) }))
            }
            w={92}
          />
        </>
      )}
    </Group>
  )
}

function shift(moment: Moment): { plus?: number; unit?: Unit } {
  return 'from' in moment ? { plus: moment.plus, unit: moment.unit } : {}
}

function signed(moment: { plus: number }, size: number): number {
  return moment.plus < 0 ? -size : size
}
