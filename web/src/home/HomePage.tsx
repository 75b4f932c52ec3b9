import { Button, Grid, Skeleton, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { getHomeOptions, type Home } from '../api'
import { useMe } from '../app/useMe'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { t as shared } from '../text'
import { home as t } from '../text/home'
import { Alarm } from './Alarm'
import { Attention } from './Attention'
import { ComingUp } from './ComingUp'
import { GettingStarted } from './GettingStarted'
import { MyModules } from './MyModules'
import { MyTasks } from './MyTasks'
import { News } from './News'
import { Scheduler } from './Scheduler'
import { WorkflowBars } from './WorkflowBars'

/** What one wants to know first: what ran, what needs a hand, what one has to do oneself. */
export function Page() {
  const me = useMe()
  const builds = me.administrator || me.builder
  // When nothing happens by itself, nothing tells of it either: so it is asked now and then.
  const found = useQuery({ ...getHomeOptions(), refetchInterval: 30_000 })
  useLive(['runs', 'bulk_runs', 'messages', 'tasks', 'workflow', 'revision'], ['getHome'])
  return (
    <>
      <PageHeader title={t.title} about={t.hello(me.user.name)}>
        {builds && (
          <Button component={Link} to="/workflows?new=1" leftSection={<IconPlus size={16} />}>
            {t.newWorkflow}
          </Button>
        )}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!found.data && !found.error && <Waiting />}
      {found.data && (builds ? <ForBuilders home={found.data} /> : <ForEverybody home={found.data} />)}
    </>
  )
}

function ForBuilders({ home }: { home: Home }) {
  return (
    <Stack gap="md">
      {home.scheduler && <Alarm scheduler={home.scheduler} />}
      {home.getting_started && <GettingStarted steps={home.getting_started} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack gap="md">
            <Attention home={home} />
            <WorkflowBars workflows={home.workflows} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="md">
            <MyTasks tasks={home.tasks} questions={home.questions} />
            <ComingUp />
            {home.scheduler && <Scheduler scheduler={home.scheduler} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  )
}

function ForEverybody({ home }: { home: Home }) {
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="md">
          <MyTasks tasks={home.tasks} questions={home.questions} />
          <MyModules />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <News />
      </Grid.Col>
    </Grid>
  )
}

function Waiting() {
  return (
    <Grid gap="md" role="status" aria-label={shared.common.loading}>
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Skeleton h={360} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Skeleton h={240} />
      </Grid.Col>
    </Grid>
  )
}
