import { Group, Stack, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'
import { Link } from 'react-router'
import { format, t } from '../text'
import { bars as words } from '../text/home'
import classes from './RunBars.module.css'
import {
  heightOf,
  keyOf,
  type Look,
  lookOf,
  pathOf,
  type RunBar,
  subjectOf,
  summaryOf,
  wordsOf,
} from './runBarsShape'

interface Props {
  /** The oldest first; the newest stands at the right. */
  bars: readonly RunBar[]
  /** Whose runs: "Order overdue". */
  name: string
}

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  Home: () => 0,
  End: (_, last) => last,
}

/** Recent runs as bars: colour and pattern say how they ended, height how long they took. One tab stop. */
export function RunBars({ bars, name }: Props) {
  const [shown, setShown] = useState<{ bar: RunBar; at: HTMLElement } | null>(null)
  const [reached, setReached] = useState<string | null>(null)
  if (bars.length === 0)
    return (
      <Text size="xs" c="dimmed">
        {words.none}
      </Text>
    )
  const last = bars.length - 1
  const known = bars.findIndex((bar) => keyOf(bar) === reached)
  const stop = known < 0 ? last : known
  const step = (event: KeyboardEvent<HTMLElement>) => {
    const to = STEPS[event.key]?.(stop, last)
    if (event.key === 'Escape') setShown(null)
    if (to === undefined) return
    event.preventDefault()
    const target = event.currentTarget.children[Math.min(Math.max(to, 0), last)]
    if (target instanceof HTMLElement) target.focus()
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      <div
        className={classes.bars}
        role="group"
        aria-label={`${name}: ${summaryOf(bars)}`}
        onKeyDown={step}
        onMouseLeave={() => setShown(null)}
        onBlur={() => setShown(null)}
      >
        {bars.map((bar, index) => (
          <Link
            key={keyOf(bar)}
            to={pathOf(bar)}
            className={classes.bar}
            data-testid="run-bar"
            tabIndex={index === stop ? 0 : -1}
            aria-label={wordsOf(bar)}
            onMouseEnter={(event) => setShown({ bar, at: event.currentTarget })}
            onFocus={(event) => {
              setReached(keyOf(bar))
              setShown({ bar, at: event.currentTarget })
            }}
          >
            <Mark look={lookOf(bar.status)} height={heightOf(bar.seconds)} />
          </Link>
        ))}
      </div>
      {shown && <Tooltip opened target={shown.at} label={<Card bar={shown.bar} />} multiline />}
    </>
  )
}

function Mark({ look, height }: { look: Look; height: number }) {
  return (
    <span
      className={classes.mark}
      data-look={look}
      style={{ height: `${Math.round(height * 100)}%` }}
      aria-hidden
    />
  )
}

function Card({ bar }: { bar: RunBar }) {
  const subject = subjectOf(bar)
  return (
    <Stack gap={0} maw={280}>
      <Text size="xs" fw={600} c="inherit">
        {t.common.status[bar.status] ?? bar.status}
      </Text>
      {subject && (
        <Text size="xs" c="inherit" lineClamp={2}>
          {subject}
        </Text>
      )}
      <Text size="xs" c="inherit">
        {format.dateTime(bar.at)}
      </Text>
      <Text size="xs" c="inherit">
        {bar.seconds === null ? words.underWay : words.took(format.duration(bar.seconds))}
      </Text>
    </Stack>
  )
}

const LOOKS: readonly Look[] = ['succeeded', 'failed', 'partial', 'cancelled', 'open', 'held']

/** What the colours and patterns of the bars mean; once per page that shows bars. */
export function RunBarsLegend() {
  return (
    <Group gap="md" component="ul" className={classes.legend} aria-label={words.legend}>
      <VisuallyHidden component="li">{words.heightMeans}</VisuallyHidden>
      {LOOKS.map((look) => (
        <Group key={look} gap={5} component="li" wrap="nowrap">
          <span className={classes.sample}>
            <Mark look={look} height={1} />
          </span>
          <Text size="xs" c="dimmed">
            {look === 'open' ? words.open : (t.common.status[look] ?? look)}
          </Text>
        </Group>
      ))}
    </Group>
  )
}
