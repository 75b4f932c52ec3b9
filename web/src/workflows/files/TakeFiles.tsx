import { Alert, Button, Checkbox, Group, Paper, Skeleton, Table, Text, TextInput, Title } from '@mantine/core'
import { IconDownload, IconFiles, IconLock, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ListedFile, listFilesOptions } from '../../api'
import { Empty } from '../../parts/Empty'
import { Problem } from '../../parts/Problem'
import { files as t } from '../../text/files'
import { useSaveFiles } from './saving'

const SHOWN = 200

/** Everything that can be written as a file: chosen, and saved. */
export function TakeFiles() {
  const found = useQuery(listFilesOptions())
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const save = useSaveFiles()
  const items = found.data?.items ?? []
  const fitting = items.filter((item) => fits(item, search)).slice(0, SHOWN)
  const all = fitting.length > 0 && fitting.every((item) => chosen.has(item.file))
  const choose = (paths: string[], wanted: boolean) =>
    setChosen((now) => {
      const next = new Set(now)
      for (const path of paths) wanted ? next.add(path) : next.delete(path)
      return next
    })
  return (
    <Paper className="surface" p="lg">
      <Group justify="space-between" align="flex-start" mb="sm">
        <div style={{ flex: '1 1 320px' }}>
          <Title order={2}>{t.take}</Title>
          <Text size="sm" c="dimmed">
            {t.takeAbout}
          </Text>
        </div>
        {items.length > 0 && (
          <Group gap="xs">
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              loading={save.isPending && save.variables.length === 0}
              onClick={() => save.mutate([])}
            >
              {t.everything}
            </Button>
            {chosen.size > 0 && (
              <Button
                loading={save.isPending && save.variables.length > 0}
                onClick={() => save.mutate([...chosen])}
              >
                {t.chosen(chosen.size)}
              </Button>
            )}
          </Group>
        )}
      </Group>
      <Alert color="gray" variant="light" icon={<IconLock size={18} aria-hidden />} p="xs" mb="sm">
        <Text size="sm">{t.secrets}</Text>
      </Alert>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton h={160} />}
      {found.data && items.length === 0 && <Empty icon={IconFiles} title={t.none} about={t.noneAbout} />}
      {items.length > 0 && (
        <>
          <TextInput
            aria-label={t.search}
            placeholder={t.search}
            leftSection={<IconSearch size={16} aria-hidden />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            maw={320}
            mb="xs"
          />
          {fitting.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t.noneFound}
            </Text>
          ) : (
            <Listed items={fitting} chosen={chosen} all={all} onChoose={choose} />
          )}
        </>
      )}
    </Paper>
  )
}

const fits = ({ name, key, file }: ListedFile, search: string) =>
  [name, key, file].some((text) => text.toLowerCase().includes(search.trim().toLowerCase()))

interface ListedProps {
  items: ListedFile[]
  chosen: ReadonlySet<string>
  all: boolean
  onChoose: (paths: string[], wanted: boolean) => void
}

function Listed({ items, chosen, all, onChoose }: ListedProps) {
  return (
    <Table.ScrollContainer type="native" minWidth={560} mah={420}>
      <Table aria-label={t.take} verticalSpacing={6} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <Checkbox
                aria-label={t.chooseAll}
                checked={all}
                indeterminate={!all && items.some((item) => chosen.has(item.file))}
                onChange={(event) =>
                  onChoose(
                    items.map((item) => item.file),
                    event.currentTarget.checked,
                  )
                }
              />
            </Table.Th>
            <Table.Th>{t.column.name}</Table.Th>
            <Table.Th w={130}>{t.column.kind}</Table.Th>
            <Table.Th>{t.column.file}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.file}>
              <Table.Td>
                <Checkbox
                  aria-label={t.choose(item.name)}
                  checked={chosen.has(item.file)}
                  onChange={(event) => onChoose([item.file], event.currentTarget.checked)}
                />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{item.name}</Table.Td>
              <Table.Td>{t.kinds[item.kind] ?? item.kind}</Table.Td>
              <Table.Td>
                <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {item.file}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
