import { Anchor, Button, Collapse, Group, Menu, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconCalendarRepeat } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import {
  getRecordStrategyOptions,
  type ModuleOut,
  type RecordOut,
  type RecordStrategy as Standing,
} from '../../api'
import { may, useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { type Action, StatusDialog } from './StatusDialog'

interface Props {
  module: ModuleOut
  record: RecordOut
}

const COLOURS = { active: 'active', paused: 'paused', ended: 'cancelled' } as const
const MAY: Record<Standing['status'], Action[]> = {
  active: ['pause', 'restart', 'end'],
  paused: ['resume', 'restart', 'end'],
  ended: ['resume', 'restart'],
}

/** Whether a record gets the steps of its strategy, who or what changed that, and what is still to come. */
export function RecordStrategy({ module, record }: Props) {
  const me = useMe()
  const [action, setAction] = useState<Action | null>(null)
  const [told, setTold] = useState(false)
  const path = { module: module.key, record_id: record.id }
  const found = useQuery(getRecordStrategyOptions({ path }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={28} />
  const { strategy, status, held_by, next, history, taken } = found.data
  const last = history[0]
  const soonest = next[0]
  return (
    <Stack gap={4} data-testid="strategy-of-record">
      <Group justify="space-between">
        <Group gap={8}>
          <IconCalendarRepeat size={17} stroke={1.6} aria-hidden />
          <Title order={2} fz="sm">
            {t.strategy}
          </Title>
          <Text size="sm">{strategy?.name ?? t.noStrategy}</Text>
          {(strategy || history.length > 0) && (
            <Status of={COLOURS[status]} label={t.strategyStatus[status]} />
          )}
        </Group>
        {!module.read_only && strategy && may(me, 'update', module.key) && (
          <Menu width={170} position="bottom-end" returnFocus>
            <Menu.Target>
              <Button size="compact-sm" variant="default" aria-label={t.strategyMenu}>
                {t.change}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {MAY[status].map((one) => (
                <Menu.Item key={one} onClick={() => setAction(one)}>
                  {t.strategyActions[one]}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      {last && status !== 'active' && <Change one={last} />}
      {held_by && <Text size="sm">{t.held(held_by.playbook_name)}</Text>}
      {soonest && status === 'active' && !held_by && (
        <Text size="sm" c="dimmed">
          {t.next}: {soonest.name} <When at={soonest.due_at} />
        </Text>
      )}
      {history.length + taken.length > 0 && (
        <Anchor
          component="button"
          type="button"
          size="xs"
          ta="start"
          aria-expanded={told}
          onClick={() => setTold(!told)}
        >
          {t.history}
        </Anchor>
      )}
      <Collapse expanded={told}>{told && <Past standing={found.data} />}</Collapse>
      {action && <StatusDialog path={path} action={action} onClose={() => setAction(null)} />}
    </Stack>
  )
}

/** A change of the status: what, by whom or by which workflow, when and why. */
function Change({ one }: { one: Standing['history'][number] }) {
  const by = one.workflow?.name ?? one.user_name ?? t.something
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {t.strategyStatus[one.status]} {t.by(by)} <When at={one.at} />
      {one.reason && `: ${one.reason}`}
    </Text>
  )
}

function Past({ standing }: { standing: Standing }) {
  const { history, taken } = standing
  return (
    <Stack gap="xs">
      {taken.length > 0 && (
        <div>
          <Text size="xs" fw={600}>
            {t.taken}
          </Text>
          {taken.map((one) => (
            <Text size="sm" key={`${one.step} ${one.at}`}>
              {one.run_id ? (
                <Anchor component={Link} to={`/runs/${one.run_id}`} size="sm">
                  {one.name}
                </Anchor>
              ) : (
                one.name
              )}
              {one.skipped && ` (${t.skippedWhy[one.skipped] ?? t.leftOut})`} <When at={one.at} />
            </Text>
          ))}
        </div>
      )}
      {history.length > 0 && (
        <div>
          <Text size="xs" fw={600}>
            {t.changes}
          </Text>
          {history.map((one) => (
            <Change key={one.id} one={one} />
          ))}
        </div>
      )}
    </Stack>
  )
}
