import { Anchor, Badge, Button, Group, Paper, SimpleGrid, Skeleton, Text, TextInput } from '@mantine/core'
import { IconDatabase, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { countRecordsOptions, lookUpRecordsOptions, type ModuleOut } from '../api'
import { useAhead } from '../app/ahead'
import { may, useMe } from '../app/useMe'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { records as t } from '../text/records'
import { pathOf, useModules } from './model'

const nextPage = () => import('./RecordsPage')

/** The kinds of records that one may read. */
export function Page() {
  useAhead(nextPage)
  const me = useMe()
  const modules = useModules()
  const [text, setText] = useState('')
  const builds = me.administrator || me.builder
  const mine = (modules.data?.items ?? []).filter(
    (module) => !module.parent_field && may(me, 'read', module.key),
  )
  const shown = mine.filter((module) =>
    [module.label_plural, module.label, module.key].some((name) =>
      name.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()),
    ),
  )
  const kept = mine.some((module) => !module.system)
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        {mine.length > 8 && (
          <TextInput
            w={220}
            leftSection={<IconSearch size={16} aria-hidden />}
            placeholder={t.findModule}
            aria-label={t.findModule}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
      </PageHeader>
      {modules.error && <Problem error={modules.error} onRetry={() => modules.refetch()} />}
      {!modules.data && !modules.error && <Skeleton h={240} />}
      {modules.data && !kept && (
        <Empty
          icon={IconDatabase}
          title={t.noModules}
          about={builds ? t.noModulesBuilder : t.noModulesReader}
        >
          {builds && (
            <Group>
              <Button component={Link} to="/settings/modules">
                {t.makeModule}
              </Button>
              <Button component={Link} to="/settings/packs" variant="default">
                {t.loadPack}
              </Button>
            </Group>
          )}
        </Empty>
      )}
      {kept && (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
          {shown.map((module) => (
            <Card key={module.key} module={module} />
          ))}
        </SimpleGrid>
      )}
      {kept && shown.length === 0 && (
        <Text c="dimmed" size="sm">
          {t.noModuleFits}
        </Text>
      )}
    </>
  )
}

function Card({ module }: { module: ModuleOut }) {
  const count = useQuery({ ...countRecordsOptions({ path: { module: module.key } }), staleTime: 30_000 })
  const newest = useQuery({
    ...lookUpRecordsOptions({ path: { module: module.key }, query: { q: '', limit: 1 } }),
    staleTime: 30_000,
  })
  const last = newest.data?.items[0]
  return (
    <Paper className="surface" p="sm" component="section" aria-label={module.label_plural}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Anchor component={Link} to={`/records/${module.key}`} fw={600} truncate>
          {module.label_plural}
        </Anchor>
        {module.attached && !module.system && <Badge color="gray">{t.fromTable}</Badge>}
      </Group>
      {count.isPending ? (
        <Skeleton h={14} w={90} my={3} />
      ) : (
        <Text size="sm" c="dimmed">
          {count.data ? t.count(count.data.count, count.data.exact) : t.noRight}
        </Text>
      )}
      {last ? (
        <Anchor
          component={Link}
          to={pathOf(module.key, last.id)}
          size="xs"
          truncate
          display="block"
          dir="auto"
        >
          {t.newest(last.title)}
        </Anchor>
      ) : (
        <Text size="xs" c="dimmed">
          {newest.isPending ? ' ' : t.noRecordsYet}
        </Text>
      )}
    </Paper>
  )
}
