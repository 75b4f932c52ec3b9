import { Skeleton, Stack } from '@mantine/core'
import { useParams } from 'react-router'
import type { ModuleOut } from '../api'
import { may, useMe } from '../app/useMe'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { records as t } from '../text/records'
import { ListPage } from './list/ListPage'
import { listState, useAddress } from './list/state'
import { useViews } from './list/useViews'
import { useModule, useModules } from './model'
import { NoModule } from './RecordPage'

/** The records of a module as a list: found, sorted, chosen, changed, brought in and taken out. */
export function Page() {
  const { module: key = '' } = useParams()
  const me = useMe()
  const modules = useModules()
  const module = useModule(key)
  if (modules.error) return <PageProblem error={modules.error} onRetry={() => modules.refetch()} />
  if (module === undefined) return <LoadingList title={t.title} />
  if (module === null || !may(me, 'read', key)) return <NoModule />
  return <OfModule key={key} module={module} />
}

function OfModule({ module }: { module: ModuleOut }) {
  const me = useMe()
  const address = useAddress()
  const views = useViews(module.key)
  const wanted = address.view ?? (views.preferred === null ? null : String(views.preferred))
  const named = wanted !== null && wanted !== 'all'
  const view = named ? (views.views.find((one) => String(one.id) === wanted) ?? null) : null
  // Only a list that a view describes has to wait for the views.
  if (named && views.found.isPending) return <LoadingList title={module.label_plural} />
  return <ListPage module={module} state={listState(address, view, module, me)} views={views} />
}

function LoadingList({ title }: { title: string }) {
  return (
    <>
      <PageHeader title={title} />
      <Stack gap="xs" aria-busy>
        <Skeleton h={34} />
        <Skeleton h={440} />
      </Stack>
    </>
  )
}
