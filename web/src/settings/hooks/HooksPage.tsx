import { Anchor, Badge, Code, Skeleton, Table, Text } from '@mantine/core'
import { IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type ListedHook, listHooksOptions } from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { When } from '../../parts/When'
import { hooks } from '../../text/hooks'

const t = hooks.all

/** Every address at which another program starts a workflow; each is looked after in its workflow's editor. */
export function Page() {
  const found = useQuery(listHooksOptions())
  const items = found.data?.items ?? []
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && items.length === 0 && (
        <Empty icon={IconWebhook} title={t.none} about={t.noneAbout}>
          <Anchor component={Link} to="/workflows">
            {t.toWorkflows}
          </Anchor>
        </Empty>
      )}
      {items.length > 0 && <Hooks items={items} />}
    </>
  )
}

function Hooks({ items }: { items: ListedHook[] }) {
  return (
    <Table.ScrollContainer minWidth={680}>
      <Table className="surface" withTableBorder data-testid="hooks">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.workflow}</Table.Th>
            <Table.Th>{hooks.begins}</Table.Th>
            <Table.Th>{hooks.signature}</Table.Th>
            <Table.Th>{hooks.used}</Table.Th>
            <Table.Th>{t.refusedToday}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((one) => (
            <Table.Tr key={one.workflow}>
              <Table.Td maw={320}>
                <Anchor
                  component={Link}
                  to={`/workflows/${one.workflow}`}
                  size="sm"
                  style={{ overflowWrap: 'anywhere' }}
                >
                  {one.workflow_name}
                </Anchor>{' '}
                {one.state !== 'active' && <Status of={one.state} />}
              </Table.Td>
              <Table.Td>
                <Code>{one.hint}</Code>
                <Text size="xs" c="dimmed" component="div">
                  <When at={one.made_at} /> {one.made_by && hooks.by(one.made_by)}
                </Text>
              </Table.Td>
              <Table.Td>{one.signed ? t.signed : t.unsigned}</Table.Td>
              <Table.Td>{one.used_at ? <When at={one.used_at} /> : hooks.never}</Table.Td>
              <Table.Td>
                {one.refused_today > 0 ? <Badge color="red">{one.refused_today}</Badge> : t.noneRefused}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
