import { Button, Table } from '@mantine/core'
import { IconCalendarRepeat, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { listStrategiesInfiniteOptions, type StrategyLine } from '../../api'
import { useMe } from '../../app/useMe'
import { Listing, NameCell } from '../../parts/Listing'
import { Status } from '../../parts/Status'
import { useLive } from '../../parts/useLive'
import { When } from '../../parts/When'
import { format } from '../../text'
import { strategies as t } from '../../text/strategies'
import { PlaybookTabs } from '../PlaybookTabs'
import { NewStrategy } from './NewStrategy'

/** All strategies, and a new one. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const me = useMe()
  const builds = me.administrator || me.builder
  useLive(['workflow', 'revision'], ['listStrategies'])
  const found = useInfiniteQuery({
    ...listStrategiesInfiniteOptions({ query: { limit: 100 } }),
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
      <Listing found={found} words={t} icon={IconCalendarRepeat} tabs={<PlaybookTabs />} create={create}>
        {(items) => <Lines items={items} />}
      </Listing>
      {builds && params.has('new') && <NewStrategy onClose={() => open(false)} />}
    </>
  )
}

function Lines({ items }: { items: readonly StrategyLine[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table className="surface" withTableBorder aria-label={t.tableLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="40%">{t.column.name}</Table.Th>
            <Table.Th>{t.column.module}</Table.Th>
            <Table.Th w={90}>{t.column.position}</Table.Th>
            <Table.Th>{t.column.steps}</Table.Th>
            <Table.Th w={110}>{t.column.state}</Table.Th>
            <Table.Th w={136}>{t.column.changed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((one) => (
            <Table.Tr key={one.key}>
              <NameCell to={`/strategies/${one.key}`} name={one.name} about={one.description} />
              <Table.Td>{one.module_label}</Table.Td>
              <Table.Td>{format.number(one.position)}</Table.Td>
              <Table.Td>{t.stepCount(one.workflows.filter((step) => step.active).length)}</Table.Td>
              <Table.Td>
                <Status of={one.state} />
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
