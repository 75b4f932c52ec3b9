import { Badge, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { countQuestionsOptions } from '../api'
import { PageHeader } from '../parts/PageHeader'
import { inbox as t } from '../text/inbox'
import { questions } from '../text/questions'
import { Everything } from './Everything'
import { Notifications } from './Notifications'
import { Questions } from './Questions'
import { Tasks } from './Tasks'

const TABS = ['everything', 'tasks', 'questions', 'notifications'] as const

/** What one has to do and to know. */
export function Page() {
  const [params, setParams] = useSearchParams()
  // Addresses that point at a task are older than the list of everything.
  const first = ['task', 'show', 'whose', 'search'].some((name) => params.has(name)) ? 'tasks' : 'everything'
  const tab = TABS.find((known) => known === params.get('tab')) ?? first
  const turn = (to: string | null) =>
    setParams(to && to !== 'everything' ? { tab: to } : {}, { replace: true })
  const waiting = useQuery(countQuestionsOptions()).data?.count ?? 0
  return (
    <>
      <PageHeader title={t.title} about={t.about} />
      <Tabs value={tab} onChange={turn} keepMounted={false}>
        <Tabs.List mb="sm" aria-label={t.tabs}>
          <Tabs.Tab value="everything">{t.everything}</Tabs.Tab>
          <Tabs.Tab value="tasks">{t.tasks}</Tabs.Tab>
          <Tabs.Tab
            value="questions"
            rightSection={waiting > 0 ? <Badge size="sm">{waiting}</Badge> : undefined}
          >
            {questions.tab}
          </Tabs.Tab>
          <Tabs.Tab value="notifications">{t.notifications}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="everything">
          <Everything />
        </Tabs.Panel>
        <Tabs.Panel value="tasks">
          <Tasks />
        </Tabs.Panel>
        <Tabs.Panel value="questions">
          <Questions />
        </Tabs.Panel>
        <Tabs.Panel value="notifications">
          <Notifications />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
