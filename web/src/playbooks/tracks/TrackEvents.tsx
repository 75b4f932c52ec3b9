import { Stack, Text } from '@mantine/core'
import type { TrackEvent, TrackOut } from '../../api'
import { When } from '../../parts/When'
import { tracks as t } from '../../text/tracks'
import { spoken } from '../spoken'

/** An event in words: what, to whom, and who did it. */
export function told({ what, to_name: to, user_name: by }: TrackEvent): string {
  const to_whom = to ? ` ${t.to(to)}` : ''
  return `${t.events[what] ?? what.replaceAll('_', ' ')}${to_whom}${by ? ` ${t.by(by)}` : ''}`
}

/** What happened with a playbook on its record, the newest last. */
export function TrackEvents({ track }: { track: TrackOut }) {
  const names = new Map(
    track.phases.flatMap((phase) => phase.steps.map((step) => [step.key, spoken(step.name)])),
  )
  return (
    <Stack
      gap={4}
      component="ul"
      pl={0}
      m={0}
      style={{ listStyle: 'none' }}
      aria-label={t.historyOf(track.playbook_name)}
    >
      {track.events.map((one) => (
        <Text component="li" size="sm" key={one.id} style={{ overflowWrap: 'anywhere' }}>
          <Text span size="xs" c="dimmed">
            <When at={one.at} exact />
          </Text>{' '}
          {one.step && <b>{names.get(one.step) ?? one.step}: </b>}
          {told(one)}
          {one.comment && `: ${one.comment}`}
        </Text>
      ))}
    </Stack>
  )
}
