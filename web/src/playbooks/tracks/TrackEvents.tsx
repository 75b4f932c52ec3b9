import { Stack, Text } from '@mantine/core'
import type { TrackOut } from '../../api'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { spoken } from '../spoken'

/** What happened with a playbook on its record, the newest last. */
export function TrackEvents({ track }: { track: TrackOut }) {
  const names = new Map(
    track.phases.flatMap((phase) => phase.steps.map((step) => [step.key, spoken(step.name)])),
  )
  return (
    <Stack gap={4} component="ul" pl={0} m={0} style={{ listStyle: 'none' }}>
      {track.events.map((one) => (
        <Text component="li" size="sm" key={one.id} style={{ overflowWrap: 'anywhere' }}>
          <Text span size="xs" c="dimmed">
            <When at={one.at} exact />
          </Text>{' '}
          {one.step && <b>{names.get(one.step) ?? one.step}: </b>}
          {t.events[one.what] ?? one.what.replaceAll('_', ' ')}
          {one.user_name && ` ${t.by(one.user_name)}`}
          {one.comment && `: ${one.comment}`}
        </Text>
      ))}
    </Stack>
  )
}
