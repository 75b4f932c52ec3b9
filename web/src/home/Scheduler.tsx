import { Anchor, Group, Stack, Text, ThemeIcon } from '@mantine/core'
import { type Icon, IconAlertTriangle, IconCircleCheck, IconPlugConnectedX } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { Scheduler as State } from '../api'
import { When } from '../parts/When'
import { home as t } from '../text/home'
import { Section } from './Section'

const LOOKS: Record<State['status'], { icon: Icon; color: string }> = {
  ok: { icon: IconCircleCheck, color: 'green' },
  warning: { icon: IconAlertTriangle, color: 'orange' },
  down: { icon: IconPlugConnectedX, color: 'red' },
}

// These stand under what needs attention, with the way to the messages.
const ELSEWHERE = ['messages_held', 'messages_uncertain']

/** Whether what happens by itself does happen. */
export function Scheduler({ scheduler }: { scheduler: State }) {
  const { workers, next_at } = scheduler
  const findings = scheduler.findings.filter(({ code }) => !ELSEWHERE.includes(code))
  const more = (
    <Anchor component={Link} to="/settings/health" size="sm">
      {t.health.details}
    </Anchor>
  )
  return (
    <Section title={t.health.title} beside={more}>
      <Stack gap="xs">
        {findings.length === 0 && <Line look={LOOKS.ok}>{t.health.good}</Line>}
        {findings.map((finding) => (
          <Line key={finding.code} look={LOOKS[finding.level]} more={finding.suggestion}>
            {finding.message}
          </Line>
        ))}
        <Text size="xs" c="dimmed">
          {t.health.workers(workers)}
          {' · '}
          {next_at ? (
            <>
              {t.health.next} <When at={next_at} />
            </>
          ) : (
            t.health.noNext
          )}
        </Text>
      </Stack>
    </Section>
  )
}

interface LineProps {
  look: { icon: Icon; color: string }
  more?: string | null
  children: React.ReactNode
}

function Line({ look: { icon: Sign, color }, more, children }: LineProps) {
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <ThemeIcon variant="transparent" color={color} size={20} aria-hidden>
        <Sign size={18} />
      </ThemeIcon>
      <Stack gap={0}>
        <Text size="sm">{children}</Text>
        {more && (
          <Text size="xs" c="dimmed">
            {more}
          </Text>
        )}
      </Stack>
    </Group>
  )
}
