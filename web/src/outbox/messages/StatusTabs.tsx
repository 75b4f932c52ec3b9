import { Badge, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { countMessagesOptions } from '../../api'
import { format, t as shared } from '../../text'
import { outbox as t } from '../../text/outbox'
import { STATUSES, type Status } from './wanted'

const ALL = 'all'

/** One tab per status, with how many wait there. */
export function StatusTabs({
  status,
  onChange,
}: {
  status: Status | null
  onChange: (to: string | null) => void
}) {
  const counts = useQuery(countMessagesOptions())
  const countOf = (key: Status) => (key === 'sent' ? 0 : (counts.data?.[key] ?? 0))
  const shown = status === 'sending' ? [...STATUSES, status] : STATUSES
  return (
    <Tabs value={status ?? ALL} onChange={(value) => onChange(value === ALL ? null : value)} mb="sm">
      <Tabs.List aria-label={t.tabs}>
        <Tabs.Tab value={ALL}>{t.all}</Tabs.Tab>
        {shown.map((key) => (
          <Tabs.Tab key={key} value={key} rightSection={<Count of={countOf(key)} />}>
            {shared.common.status[key]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  )
}

function Count({ of }: { of: number }) {
  if (of === 0) return null
  return (
    <Badge size="sm" color="gray">
      {format.number(of)}
    </Badge>
  )
}
