import {
  ActionIcon,
  Anchor,
  Badge,
  Box,
  Code,
  Collapse,
  Group,
  List,
  Skeleton,
  Text,
  Tooltip,
  UnstyledButton,
} from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { type Delivery, listDeliveriesOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { When } from '../../parts/When'
import { hooks as t } from '../../text/hooks'

const SHOWN = 12

/** The latest that came to the address, with what was wrong. */
export function Deliveries({ workflow }: { workflow: string }) {
  const found = useQuery({
    ...listDeliveriesOptions({ path: { key: workflow }, query: { limit: SHOWN } }),
    refetchInterval: 15_000,
  })
  const items = found.data?.items ?? []
  return (
    <Box component="section" aria-label={t.deliveries}>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          {t.deliveries}
        </Text>
        <Tooltip label={t.reload}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.reload}
            onClick={() => found.refetch()}
            loading={found.isRefetching}
          >
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={60} />}
      {found.data && items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noDeliveries}
        </Text>
      )}
      {items.map((one) => (
        <One key={one.id} delivery={one} />
      ))}
    </Box>
  )
}

function One({ delivery }: { delivery: Delivery }) {
  const [open, setOpen] = useState(false)
  const Sign = open ? IconChevronDown : IconChevronRight
  return (
    <Box
      data-testid={`delivery-${delivery.status}`}
      py={4}
      style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <UnstyledButton w="100%" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Group gap={6} wrap="nowrap" justify="space-between">
          <Group gap={6} wrap="nowrap">
            <Sign size={14} aria-hidden />
            <Badge color={colour(delivery)} variant="light" miw="max-content">
              {said(delivery)}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed" component="span">
            <When at={delivery.received_at} />
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>{open && <Details delivery={delivery} />}</Collapse>
    </Box>
  )
}

function Details({ delivery }: { delivery: Delivery }) {
  const { error, problems, payload } = delivery
  return (
    <Box pl={20} pt={6}>
      {delivery.run_id !== null && (
        <Text size="sm">
          <Anchor component={Link} to={`/runs/${delivery.run_id}`}>
            {t.run(delivery.run_id)}
          </Anchor>
          {delivery.module && delivery.record_id && (
            <>
              {' · '}
              <Anchor
                component={Link}
                to={`/records/${delivery.module}/${encodeURIComponent(delivery.record_id)}`}
              >
                {t.record}
              </Anchor>
            </>
          )}
        </Text>
      )}
      {error?.message && <Text size="sm">{error.message}</Text>}
      {problems.length > 0 && (
        <List size="sm" spacing={2}>
          {problems.map((problem) => (
            <List.Item key={`${problem.path} ${problem.code}`}>
              <Code>{t.place(problem.path ?? '')}</Code> {problem.message ?? problem.code}
            </List.Item>
          ))}
        </List>
      )}
      {payload !== null && payload !== undefined ? (
        <Code
          block
          mt={6}
          mah={220}
          tabIndex={0}
          aria-label={t.sent}
          style={{ overflow: 'auto', whiteSpace: 'pre-wrap', wordBreak: 'break-word' }}
        >
          {JSON.stringify(payload, null, 2)}
        </Code>
      ) : (
        delivery.run_id === null && (
          <Text size="xs" c="dimmed" mt={4}>
            {delivery.whole ? t.notKept : t.hidden}
          </Text>
        )
      )}
    </Box>
  )
}

function said(delivery: Delivery): string {
  if (delivery.status >= 300) return t.refused(delivery.status)
  if (delivery.outcome === 'skipped') return t.skipped
  return delivery.outcome === 'failed' ? t.loop : t.took
}

function colour(delivery: Delivery): string {
  if (delivery.status >= 300 || delivery.outcome === 'failed') return 'red'
  return delivery.outcome === 'skipped' ? 'gray' : 'green'
}
