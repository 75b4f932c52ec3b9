import { Skeleton, Table, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, type Roster } from '../../api'
import { useMe } from '../../app/useMe'
import { Problem } from '../../parts/Problem'
import { format } from '../../text'
import { duty as t } from '../../text/duty'
import { Section } from '../Section'

/** What the roster means, day by day: the server says who is on duty, this only shows it. */
export function DutyPreview({ group, roster }: { group: string; roster: Roster }) {
  const zone = useMe().organisation.time_zone ?? 'UTC'
  const first = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(new Date())
  // An exception whose days are not chosen yet is not asked about.
  const whole = useMemo(() => {
    const exceptions = (roster.exceptions ?? []).filter((one) => one.first_day && one.last_day)
    return { ...roster, exceptions }
  }, [roster])
  const [asked] = useDebouncedValue(whole, 400)
  const found = useQuery({
    queryKey: ['duty preview', group, first, asked],
    queryFn: async () =>
      (
        await api.previewDuty({
          path: { key: group },
          query: { first, days: 14 },
          body: asked,
          throwOnError: true,
        })
      ).data,
    placeholderData: keepPreviousData,
    retry: false,
  })
  return (
    <Section title={t.preview} about={t.previewAbout}>
      {found.error && <Problem error={found.error} />}
      {found.isPending && <Skeleton height={120} />}
      {found.data && (
        <Table data-testid="duty-preview">
          <Table.Thead>
            <Table.Tr>
              {[t.from, t.until, t.who].map((label) => (
                <Table.Th key={label}>{label}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.data.items.map((one) => (
              <Table.Tr key={one.starts_at}>
                <Table.Td>{format.dateTimeIn(one.starts_at, zone)}</Table.Td>
                <Table.Td>{format.dateTimeIn(one.ends_at, zone)}</Table.Td>
                <Table.Td>
                  {one.name ?? (
                    <Text size="sm" c="dimmed">
                      {t.nobody}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  )
}
