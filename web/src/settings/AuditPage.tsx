import {
  Anchor,
  Button,
  Group,
  Select,
  Skeleton,
  Table,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { type AuditEntry, api, listAuditActionsOptions } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { When } from '../parts/When'
import { t } from '../text'
import { settings } from '../text/settings'
import { detailsOf, pathOf, sentence, subjectOf } from './audit'

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
          w={300}
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
      {entries.length > 0 && <Entries entries={entries} onOnly={setTyped} />}
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

interface EntriesProps {
  entries: AuditEntry[]
  /** Only what was done to this. */
  onOnly: (subject: string) => void
}

function Entries({ entries, onOnly }: EntriesProps) {
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
                <Subject entry={entry} onOnly={() => onOnly(entry.subject)} />
              </Table.Td>
              <Table.Td maw={320}>
                {detailsOf(entry.details).map(([label, value]) => (
                  <Text key={label} size="xs" style={{ overflowWrap: 'anywhere' }}>
                    <Text span inherit c="dimmed">
                      {label}:
                    </Text>{' '}
                    {value}
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** What it was done to: its kind, and its name, which leads there. */
function Subject({ entry, onOnly }: { entry: AuditEntry; onOnly: () => void }) {
  const { kind, name } = subjectOf(entry.subject)
  const path = pathOf(entry)
  return (
    <>
      <UnstyledButton fz="sm" onClick={onOnly} title={words.only(entry.subject)}>
        {kind}
      </UnstyledButton>
      {name && (
        <Text size="xs" c={path ? undefined : 'dimmed'} style={{ overflowWrap: 'anywhere' }}>
          {path ? (
            <Anchor component={Link} to={path} inherit>
              {name}
            </Anchor>
          ) : (
            name
          )}
        </Text>
      )}
    </>
  )
}
