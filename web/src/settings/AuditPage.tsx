import { Button, Code, Group, Select, Skeleton, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type AuditEntry, api, listAuditActionsOptions } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { t } from '../text'
import { settings } from '../text/settings'

const words = settings.audit

/** Who did what to which setting, person or workflow. */
export function Page() {
  const [action, setAction] = useState<string | null>(null)
  const [typed, setTyped] = useState('')
  const [subject] = useDebouncedValue(typed.trim(), 300)
  const actions = useQuery(listAuditActionsOptions())
  const found = useInfiniteQuery({
    queryKey: ['audit', action, subject],
    queryFn: async ({ pageParam, signal }) =>
      (
        await api.listAuditEntries({
          query: { limit: 50, cursor: pageParam, action: action ?? undefined, subject: subject || undefined },
          signal,
          throwOnError: true,
        })
      ).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const entries = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      <Group mb="sm">
        <Select
          aria-label={words.what}
          placeholder={words.anyAction}
          clearable
          searchable
          data={(actions.data?.items ?? []).map((name) => ({ value: name, label: sentence(name) }))}
          value={action}
          onChange={setAction}
        />
        <TextInput
          aria-label={words.subject}
          placeholder={words.anySubject}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={280} />}
      {found.data && entries.length === 0 && (
        <Empty icon={IconShieldCheck} title={words.none} about={words.noneAbout} />
      )}
      {entries.length > 0 && <Entries entries={entries} />}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          {t.common.more}
        </Button>
      )}
    </>
  )
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table className="surface" withTableBorder>
        <Table.Thead>
          <Table.Tr>
            {[words.when, words.who, words.what, words.subject, words.details].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <When at={entry.at} exact />
              </Table.Td>
              <Table.Td>
                {entry.actor_name ?? (entry.actor_id ? t.common.unknownUser : words.system)}
              </Table.Td>
              <Table.Td>{sentence(entry.action)}</Table.Td>
              <Table.Td>
                <Text size="sm" ff="monospace">
                  {entry.subject}
                </Text>
              </Table.Td>
              <Table.Td maw={320}>
                {Object.keys(entry.details).length > 0 && (
                  <Code style={{ wordBreak: 'break-word' }}>{JSON.stringify(entry.details)}</Code>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** "set_mail" as people read it: "Set mail". */
function sentence(action: string): string {
  const words = action.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
