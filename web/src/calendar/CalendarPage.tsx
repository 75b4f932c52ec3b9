import { ActionIcon, Button, Group, SegmentedControl, Skeleton, Title } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconChevronLeft, IconChevronRight, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import type { EventOut } from '../api'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { format, t as shared } from '../text'
import { calendar as t } from '../text/calendar'
import { type Day, dayOf, daysOf, turned, VIEWS, type View } from './dates'
import { EventDialog, type NewAt } from './EventDialog'
import { HoursView } from './HoursView'
import { MonthView } from './MonthView'
import { useEntries } from './useEntries'

/** Events and tasks by month, week and day. Arrow keys go from day to day, Enter plans an event there. */
export function Page() {
  const zone = format.timeZone
  const today = dayOf(new Date(), zone)
  const [params, setParams] = useSearchParams()
  const view = VIEWS.find((known) => known === params.get('view')) ?? 'month'
  const asked = params.get('day') ?? ''
  const day: Day = /^\d{4}-\d{2}-\d{2}$/.test(asked) && !Number.isNaN(Date.parse(asked)) ? asked : today
  const [open, setOpen] = useState<EventOut | NewAt | null>(null)
  const show = (change: { view?: View; day?: Day }) =>
    setParams({ view: change.view ?? view, day: change.day ?? day }, { replace: true })
  const days = daysOf(view, day)
  const found = useEntries(days, zone)
  useHotkeys([
    ['PageUp', () => show({ day: turned(view, day, -1) })],
    ['PageDown', () => show({ day: turned(view, day, 1) })],
    ['t', () => show({ day: today })],
    ['n', () => setOpen({ day })],
    ...VIEWS.map((one) => [one.slice(0, 1), () => show({ view: one })] as [string, () => void]),
  ])
  const these = { days, day, today, entries: found.entries ?? [], onOpen: setOpen, onMove: found.move }
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        <Button variant="default" component={Link} to="/profile">
          {t.subscribe}
        </Button>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen({ day })}>
          {t.plan}
        </Button>
      </PageHeader>
      <Group justify="space-between" mb="sm">
        <Group gap="xs">
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t.before[view]}
            onClick={() => show({ day: turned(view, day, -1) })}
          >
            <IconChevronLeft size={18} />
          </ActionIcon>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t.after[view]}
            onClick={() => show({ day: turned(view, day, 1) })}
          >
            <IconChevronRight size={18} />
          </ActionIcon>
          <Button variant="default" onClick={() => show({ day: today })}>
            {t.today}
          </Button>
          <Title order={2} aria-live="polite">
            {headingOf(view, days, day)}
          </Title>
        </Group>
        <SegmentedControl
          aria-label={t.view}
          value={view}
          onChange={(value) => show({ view: VIEWS.find((known) => known === value) ?? 'month' })}
          data={VIEWS.map((value) => ({ value: value as string, label: t.views[value] ?? value }))}
        />
      </Group>
      {found.error && <Problem error={found.error} onRetry={found.retry} />}
      {!found.entries && !found.error && (
        <Skeleton height={480} role="status" aria-label={shared.common.loading} />
      )}
      {found.entries &&
        (view === 'month' ? (
          <MonthView
            {...these}
            onGo={(to) => show({ day: to })}
            onTurn={(to) => show({ view: 'day', day: to })}
          />
        ) : (
          <HoursView {...these} zone={zone} />
        ))}
      {open && <EventDialog of={open} zone={zone} onClose={() => setOpen(null)} />}
    </>
  )
}

function headingOf(view: View, days: Day[], day: Day): string {
  if (view === 'day') return format.date(day)
  if (view === 'month')
    return new Intl.DateTimeFormat(format.locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
      new Date(`${day}T12:00:00Z`),
    )
  return t.span(format.date(days[0] ?? day), format.date(days.at(-1) ?? day))
}
