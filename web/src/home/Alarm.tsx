import { Alert, Anchor, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { Scheduler } from '../api'
import { home as t } from '../text/home'

const LATE = ['schedule_late', 'dates_stuck', 'runs_stuck', 'changes_stuck']

/** On top of everything when nothing happens by itself, or not in time: what is wrong, and what to do. */
export function Alarm({ scheduler }: { scheduler: Scheduler }) {
  const down = scheduler.findings.filter((one) => one.level === 'down')
  const late = scheduler.findings.filter((one) => LATE.includes(one.code))
  const shown = down.length > 0 ? down : late
  if (shown.length === 0) return null
  const Sign = down.length > 0 ? IconPlugConnectedX : IconAlertTriangle
  return (
    <Alert
      color={down.length > 0 ? 'red' : 'orange'}
      icon={<Sign aria-hidden />}
      title={down.length > 0 ? t.alarm.down : t.alarm.late}
      role="alert"
      data-testid="alarm"
    >
      {shown.map((one) => (
        <Text key={one.code} size="sm">
          {one.message} {one.suggestion}
        </Text>
      ))}
      <Anchor component={Link} to="/settings/health" size="sm">
        {t.health.details}
      </Anchor>
    </Alert>
  )
}
