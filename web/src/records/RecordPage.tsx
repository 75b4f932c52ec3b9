import { Button, Skeleton, Stack } from '@mantine/core'
import { IconDatabaseOff, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { asProblem, getRecordOptions, type ModuleOut } from '../api'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { records as t } from '../text/records'
import { useModule, useModules } from './model'
import { RecordView } from './record/RecordView'
import { useLiveRecord } from './record/useLiveRecord'

/** One record: its fields, and everything that happened to it. */
export function Page() {
  const { module: key = '', id = '' } = useParams()
  const modules = useModules()
  const module = useModule(key)
  if (modules.error) return <PageProblem error={modules.error} onRetry={() => modules.refetch()} />
  if (module === undefined) return <Loading />
  if (module === null) return <NoModule />
  return <OfModule key={`${key}/${id}`} module={module} id={id} />
}

function OfModule({ module, id }: { module: ModuleOut; id: string }) {
  const record = useQuery({
    ...getRecordOptions({ path: { module: module.key, record_id: id } }),
    staleTime: 2_000,
  })
  useLiveRecord(module.key, id)
  if (record.data) return <RecordView module={module} record={record.data} />
  if (!record.error) return <Loading />
  const { status } = asProblem(record.error)
  if (status !== 404 && status !== 403)
    return <PageProblem error={record.error} onRetry={() => record.refetch()} />
  return (
    <>
      <PageHeader title={module.label} />
      <Empty
        icon={status === 403 ? IconLock : IconDatabaseOff}
        title={status === 403 ? t.noRight : t.noRecord(module.label)}
        about={status === 403 ? asProblem(record.error).message : t.noRecordMore}
      >
        <Button component={Link} to={`/records/${module.key}`} variant="default">
          {t.toList(module.label_plural)}
        </Button>
      </Empty>
    </>
  )
}

/** An address with a module that is not there, or not for this person. */
export function NoModule() {
  return (
    <>
      <PageHeader title={t.title} />
      <Empty icon={IconDatabaseOff} title={t.notFound} about={t.notFoundMore}>
        <Button component={Link} to="/records" variant="default">
          {t.title}
        </Button>
      </Empty>
    </>
  )
}

function Loading() {
  return (
    <Stack aria-busy>
      <Skeleton h={34} w={320} />
      <Skeleton h={36} />
      <Skeleton h={420} />
    </Stack>
  )
}
