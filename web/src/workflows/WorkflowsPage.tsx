import { Button, Group, Skeleton, Stack, Text, Tooltip } from '@mantine/core'
import {
  IconDownload,
  IconFiles,
  IconLayoutGrid,
  IconPlus,
  IconSearchOff,
  IconSitemap,
  IconTable,
  IconWand,
} from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { listWorkflowsInfiniteOptions } from '../api'
import { useAhead } from '../app/ahead'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { RunBarsLegend } from '../parts/RunBars'
import { useLive } from '../parts/useLive'
import { t as shared } from '../text'
import { files } from '../text/files'
import { planning } from '../text/planning'
import { gallery, wizard } from '../text/wizard'
import { workflows as t } from '../text/workflows'
import { useSaveFiles } from './files/saving'
import { Filters } from './list/Filters'
import { NewWorkflow } from './list/NewWorkflow'
import { useQuota } from './list/useQuota'
import { WorkflowsTable } from './list/WorkflowsTable'
import { asked, isFiltered, wantedOf, withFilter } from './list/wanted'

const PAGE = 50
const BARS = 30

const editor = () => import('../editor/EditorPage')

/** All workflows: find one, see how it did, switch it, make a new one. */
export function Page() {
  useAhead(editor)
  const [params, setParams] = useSearchParams()
  const wanted = wantedOf(params)
  const quota = useQuota()
  useLive(['runs', 'bulk_runs', 'workflow', 'revision'], ['listWorkflows'])
  const found = useInfiniteQuery({
    ...listWorkflowsInfiniteOptions({ query: { ...asked(wanted), limit: PAGE, bars: BARS, drafts: false } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
  const items = found.data?.pages.flatMap((page) => page.items)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const choose = (keys: string[], wanted: boolean) =>
    setChosen((now) => new Set(wanted ? [...now, ...keys] : [...now].filter((key) => !keys.includes(key))))
  const open = (shown: boolean) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        if (shown) next.set('new', '1')
        else next.delete('new')
        return next
      },
      { replace: true },
    )
  const create = (
    <Tooltip label={quota.full} disabled={!quota.full} multiline maw={300}>
      <Button
        leftSection={<IconPlus size={16} />}
        onClick={() => quota.full || open(true)}
        aria-disabled={Boolean(quota.full)}
        data-disabled={quota.full ? true : undefined}
      >
        {t.create}
      </Button>
    </Tooltip>
  )
  return (
    <>
      <PageHeader title={t.title} about={quota.words ?? t.about}>
        <Ready />
        {create}
      </PageHeader>
      <Filters
        wanted={wanted}
        counts={found.data?.pages[0]?.counts}
        onFilter={(name, value) => setParams((now) => withFilter(now, name, value), { replace: true })}
        onClear={() => setParams({}, { replace: true })}
      />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Waiting />}
      {items?.length === 0 &&
        (isFiltered(wanted) ? (
          <Empty icon={IconSearchOff} title={t.noneFound} about={t.noneFoundAbout}>
            <Button variant="default" onClick={() => setParams({}, { replace: true })}>
              {t.clear}
            </Button>
          </Empty>
        ) : (
          <Empty icon={IconSitemap} title={t.empty} about={t.emptyAbout}>
            <Group gap="xs" justify="center">
              <Ready />
              {create}
            </Group>
          </Empty>
        ))}
      {items && items.length > 0 && (
        <Stack gap="sm">
          <Chosen keys={[...chosen]} onClear={() => setChosen(new Set())} />
          <WorkflowsTable items={items} quota={quota} chosen={chosen} onChoose={choose} />
          <Group justify="space-between">
            <RunBarsLegend />
            <Text size="xs" c="dimmed">
              {t.shown(items.length)}
            </Text>
          </Group>
          {found.hasNextPage && (
            <Button
              variant="default"
              loading={found.isFetchingNextPage}
              onClick={() => found.fetchNextPage()}
            >
              {shared.common.more}
            </Button>
          )}
        </Stack>
      )}
      {params.get('new') && !quota.full && <NewWorkflow onClose={() => open(false)} />}
    </>
  )
}

/** What can be done with the workflows that are chosen. */
function Chosen({ keys, onClear }: { keys: string[]; onClear: () => void }) {
  const save = useSaveFiles()
  if (keys.length === 0) return null
  return (
    <Group gap="xs">
      <Text size="sm" fw={600}>
        {files.selected(keys.length)}
      </Text>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconDownload size={16} />}
        loading={save.isPending}
        onClick={() => save.mutate(keys.map((key) => `workflows/${key}.yaml`))}
      >
        {files.chosen(keys.length)}
      </Button>
      <Button size="xs" variant="subtle" onClick={onClear}>
        {files.clear}
      </Button>
    </Group>
  )
}

/** What is ready already: workflows to take over, and questions that make one. */
function Ready() {
  return (
    <>
      <Button component={Link} to="/gallery" variant="default" leftSection={<IconLayoutGrid size={16} />}>
        {gallery.open}
      </Button>
      <Button component={Link} to="/wizard" variant="default" leftSection={<IconWand size={16} />}>
        {wizard.open}
      </Button>
      <Button component={Link} to="/planning" variant="default" leftSection={<IconTable size={16} />}>
        {planning.open}
      </Button>
      <Button component={Link} to="/files" variant="default" leftSection={<IconFiles size={16} />}>
        {files.open}
      </Button>
    </>
  )
}

function Waiting() {
  return (
    <Stack gap={6} aria-label={shared.common.loading} role="status">
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without any content
        <Skeleton key={row} h={52} />
      ))}
    </Stack>
  )
}
