import { Anchor, Button, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus, IconSearch, IconSearchOff, IconTemplate } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { listModulesOptions, listTemplatesOptions, type Template } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { When } from '../parts/When'
import { t as shared } from '../text'
import { papers } from '../text/documents'
import { templates as t } from '../text/outbox'
import classes from './messages/Messages.module.css'
import { NewTemplate } from './templates/NewTemplate'

const MOST = 500

/** All saved templates, and a new one. */
export function Page() {
  const [creating, { open, close }] = useDisclosure(false)
  const [search, setSearch] = useState('')
  useLive(['revision'], ['listTemplates'])
  const found = useQuery(listTemplatesOptions({ query: { limit: MOST } }))
  const all = found.data?.items
  const shown = all?.filter((item) => fits(item, search))
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      {t.create}
    </Button>
  )
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        {create}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!all && !found.error && <Skeleton h={240} role="status" aria-label={shared.common.loading} />}
      {all?.length === 0 && (
        <Empty icon={IconTemplate} title={t.empty} about={t.emptyAbout}>
          {create}
        </Empty>
      )}
      {all && all.length > 0 && (
        <Stack gap="sm">
          <TextInput
            w={240}
            type="search"
            aria-label={t.search}
            placeholder={t.search}
            leftSection={<IconSearch size={16} aria-hidden />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          {shown?.length === 0 ? (
            <Empty icon={IconSearchOff} title={t.noneFound} about={t.noneFoundAbout} />
          ) : (
            <TemplatesTable items={shown ?? []} />
          )}
        </Stack>
      )}
      {creating && <NewTemplate taken={(all ?? []).map((item) => item.key)} onClose={close} />}
    </>
  )
}

function fits({ name, subject }: Template, search: string): boolean {
  const text = `${name} ${subject ?? ''}`.toLowerCase()
  return text.includes(search.trim().toLowerCase())
}

function TemplatesTable({ items }: { items: readonly Template[] }) {
  const modules = useQuery(listModulesOptions())
  const labelOf = (key: string | null) =>
    key ? (modules.data?.items.find((module) => module.key === key)?.label_plural ?? key) : t.noModule
  return (
    <Table.ScrollContainer type="native" minWidth={640} className={classes.framed}>
      <Table aria-label={t.tableLabel}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="36%">{t.column.name}</Table.Th>
            <Table.Th w={80}>{t.column.channel}</Table.Th>
            <Table.Th w={150}>{t.column.module}</Table.Th>
            <Table.Th>{t.column.subject}</Table.Th>
            <Table.Th w={136}>{t.column.changed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(({ key, name, channel, module, subject, updated_at }) => (
            <Table.Tr key={key} data-testid={`template-row-${key}`}>
              <Table.Td>
                <Anchor component={Link} to={`/templates/${key}`} size="sm" lineClamp={2}>
                  {name}
                </Anchor>
              </Table.Td>
              <Table.Td>{papers[channel]}</Table.Td>
              <Table.Td>{labelOf(module)}</Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed" lineClamp={1}>
                  {subject}
                </Text>
              </Table.Td>
              <Table.Td className={classes.one}>
                <When at={updated_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
