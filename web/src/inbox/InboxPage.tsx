import { Tabs } from '@mantine/core'
import { useSearchParams } from 'react-router'
import { PageHeader } from '../parts/PageHeader'
import { inbox as t } from '../text/inbox'
import { Notifications } from './Notifications'
import { Tasks } from './Tasks'

/** What one has to do and to know. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const tab = params.get('tab') === 'notifications' ? 'notifications' : 'tasks'
  const turn = (to: string | null) => setParams(to === 'notifications' ? { tab: to } : {}, { replace: true })
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      <Tabs value={tab} onChange={turn} keepMounted={false}>
        <Tabs.List mb="sm" aria-label={t.tabs}>
          <Tabs.Tab value="tasks">{t.tasks}</Tabs.Tab>
          <Tabs.Tab value="notifications">{t.notifications}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="tasks">
          <Tasks />
        </Tabs.Panel>
        <Tabs.Panel value="notifications">
          <Notifications />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
