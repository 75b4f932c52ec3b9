import { Button, Table, Text } from '@mantine/core'
import { IconChecklist, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { listPlaybooksInfiniteOptions, type PlaybookLine } from '../api'
import { useMe } from '../app/useMe'
import { Listing, NameCell } from '../parts/Listing'
import { Status } from '../parts/Status'
import { useLive } from '../parts/useLive'
import { When } from '../parts/When'
import { format, t as shared } from '../text'
import { playbooks as t } from '../text/playbooks'
import { NewPlaybook } from './NewPlaybook'
import { PlaybookTabs } from './PlaybookTabs'

/** All playbooks, and a new one. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const me = useMe()
  const builds = me.administrator || me.builder
  useLive(['runs', 'workflow', 'revision'], ['listPlaybooks'])
  const found = useInfiniteQuery({
    ...listPlaybooksInfiniteOptions({ query: { limit: 100 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const open = (shown: boolean) => setParams(shown ? { new: '1' } : {}, { replace: true })
  const create = builds && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => open(true)}>
      {t.create}
    </Button>
  )
  return (
    <>
      <Listing found={found} words={t} icon={IconChecklist} tabs={<PlaybookTabs />} create={create}>
        {(items) => <Lines items={items} />}
      </Listing>
      {builds && params.has('new') && <NewPlaybook onClose={() => open(false)} />}
    </>
  )
}

function Lines({ items }: { items: readonly PlaybookLine[] }) {
  return (
    <Table.ScrollContainer minWidth={680}>
      <Table className="surface" withTableBorder aria-label={t.tableLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="40%">{t.column.name}</Table.Th>
            <Table.Th>{t.column.module}</Table.Th>
            <Table.Th>{t.column.steps}</Table.Th>
            <Table.Th w={104}>{t.column.underWay}</Table.Th>
            <Table.Th w={116}>{t.column.state}</Table.Th>
            <Table.Th w={136}>{t.column.changed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((one) => (
            <Table.Tr key={one.key}>
              <NameCell to={`/playbooks/${one.key}`} name={one.name} about={one.description} />
              <Table.Td>{one.module_label ?? shared.common.nothing}</Table.Td>
              <Table.Td>
                {t.steps(
                  one.phases.length,
                  one.phases.reduce((sum, phase) => sum + phase.steps.length, 0),
                )}
              </Table.Td>
              <Table.Td>{format.number(one.under_way)}</Table.Td>
              <Table.Td>
                <Status of={one.state} />
                {one.changed && one.state !== 'draft' && (
                  <Text size="xs" c="dimmed">
                    {t.toPublish}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <When at={one.updated_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
