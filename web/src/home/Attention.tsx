import { Anchor, Group, Stack, Text, ThemeIcon } from '@mantine/core'
import {
  type Icon,
  IconCircleCheck,
  IconCircleX,
  IconHandStop,
  IconMailPause,
  IconMailQuestion,
  IconMailX,
  IconProgressAlert,
  IconStack2,
} from '@tabler/icons-react'
import { Link } from 'react-router'
import type { Home, WaitingMessage } from '../api'
import { home as t } from '../text/home'
import { BulkRunLine, MessageLine, RunLine } from './AttentionLine'
import { Section } from './Section'

/** The day that the home page counts from. */
function weekAgo(): string {
  return new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10)
}

const RUNS = [
  { kind: 'failed_runs', icon: IconCircleX, color: 'red', to: `/runs?status=failed&since=${weekAgo()}` },
  {
    kind: 'partial_runs',
    icon: IconProgressAlert,
    color: 'yellow',
    to: `/runs?status=partial&since=${weekAgo()}`,
  },
  { kind: 'held_runs', icon: IconHandStop, color: 'grape', to: '/runs?status=held' },
] as const

const MESSAGES = [
  { kind: 'held_messages', icon: IconMailPause, color: 'grape', to: '/messages?status=held' },
  { kind: 'failed_messages', icon: IconMailX, color: 'red', to: '/messages?status=failed' },
  { kind: 'uncertain_messages', icon: IconMailQuestion, color: 'orange', to: '/messages?status=uncertain' },
] as const

const BULK = { kind: 'bulk_runs', icon: IconStack2, color: 'yellow', to: '/runs/bulk' } as const

const SHOWN = 2

/** What failed, is held or cannot be told, the newest of each, with the next step beside it. */
export function Attention({ home }: { home: Home }) {
  const runs = RUNS.filter(({ kind }) => home[kind].count > 0)
  const messages = MESSAGES.filter(({ kind }) => (home[kind]?.count ?? 0) > 0)
  const { kind: many, ...bulkLook } = BULK
  const bulk = home.bulk_runs?.count ? home.bulk_runs : null
  return (
    <Section title={t.attention}>
      {runs.length + messages.length === 0 && !bulk && (
        <Group gap={8}>
          <ThemeIcon variant="transparent" color="green" size={22} aria-hidden>
            <IconCircleCheck size={20} />
          </ThemeIcon>
          <Text size="sm">{t.nothing}</Text>
        </Group>
      )}
      <Stack gap="md">
        {runs.map(({ kind, ...look }) => (
          <Kind key={kind} kind={kind} count={home[kind].count} {...look}>
            {home[kind].items.slice(0, SHOWN).map((run) => (
              <RunLine key={run.id} run={run} />
            ))}
          </Kind>
        ))}
        {bulk && (
          <Kind kind={many} count={bulk.count} {...bulkLook}>
            {bulk.items.slice(0, SHOWN).map((run) => (
              <BulkRunLine key={run.id} run={run} />
            ))}
          </Kind>
        )}
        {messages.map(({ kind, ...look }) => (
          <Kind key={kind} kind={kind} count={home[kind]?.count ?? 0} {...look}>
            {ofEach(home[kind]?.items)
              .slice(0, SHOWN)
              .map((message) => (
                <MessageLine key={message.id} message={message} />
              ))}
          </Kind>
        ))}
      </Stack>
    </Section>
  )
}

interface KindProps {
  kind: keyof typeof t.kinds
  count: number
  icon: Icon
  color: string
  to: string
  children: React.ReactNode
}

function Kind({ kind, count, icon: Sign, color, to, children }: KindProps) {
  return (
    <Group align="flex-start" wrap="nowrap" gap="sm">
      <ThemeIcon variant="light" color={color} size={30} radius="xl" aria-hidden>
        <Sign size={18} stroke={1.7} />
      </ThemeIcon>
      <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
        <Group justify="space-between" gap="xs">
          <Text size="sm" fw={600}>
            {t.kinds[kind](count)}
          </Text>
          <Anchor component={Link} to={to} size="sm">
            {t.all}
          </Anchor>
        </Group>
        <Text size="xs" c="dimmed" mb={4}>
          {t.about[kind]}
        </Text>
        {children}
      </Stack>
    </Group>
  )
}

/** Of those that are held, the newest of each workflow and reason: fifty mails of one are one line. */
function ofEach(messages: readonly WaitingMessage[] = []): WaitingMessage[] {
  const kinds = new Set<string>()
  return messages.filter(({ workflow_name, hold_reason }) => {
    if (!hold_reason) return true
    const kind = `${workflow_name}\n${hold_reason}`
    return !kinds.has(kind) && kinds.add(kind)
  })
}
