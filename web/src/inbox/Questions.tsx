import { Button, Group, SegmentedControl, Select, Skeleton, Stack } from '@mantine/core'
import { IconThumbUp } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { listQuestionsInfiniteOptions, type QuestionOut } from '../api'
import { useMe } from '../app/useMe'
import { Empty } from '../parts/Empty'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { t as shared } from '../text'
import { questions as t } from '../text/questions'
import classes from './Inbox.module.css'
import { QuestionRow } from './QuestionRow'

const timeOf = (at: string | null) => (at ? Date.parse(at) : Number.MAX_SAFE_INTEGER)

/** What is due first comes first; what has no date comes after, the newest first. */
export function dueFirst(
  a: Pick<QuestionOut, 'id' | 'due_at'>,
  b: Pick<QuestionOut, 'id' | 'due_at'>,
): number {
  return timeOf(a.due_at) - timeOf(b.due_at) || b.id - a.id
}

/** What workflows wait for: approvals to give and forms to fill in, or those that are answered. */
export function Questions() {
  const me = useMe()
  const [params, setParams] = useSearchParams()
  const waiting = params.get('show') !== 'answered'
  const everyone = params.get('whose') === 'everyone' && me.administrator
  useLive(['notifications', 'runs'], ['listQuestions', 'countQuestions'])
  const found = useInfiniteQuery({
    ...listQuestionsInfiniteOptions({ query: { waiting, everyone, limit: 50 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const set = (name: string, value: string | null) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  const all = found.data?.pages.flatMap((page) => page.items)
  const items = waiting ? all?.sort(dueFirst) : all
  return (
    <>
      <Group gap="xs" mb="md" role="search">
        <SegmentedControl
          aria-label={t.view}
          value={waiting ? 'waiting' : 'answered'}
          onChange={(value) => set('show', value === 'answered' ? value : null)}
          data={[
            { value: 'waiting', label: t.waiting },
            { value: 'answered', label: t.answered },
          ]}
        />
        {me.administrator && (
          <Select
            w={190}
            aria-label={t.whose}
            value={everyone ? 'everyone' : 'mine'}
            onChange={(value) => set('whose', value === 'everyone' ? value : null)}
            data={[
              { value: 'mine', label: t.mine },
              { value: 'everyone', label: t.everyone },
            ]}
          />
        )}
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={240} role="status" aria-label={shared.common.loading} />}
      {items?.length === 0 && (
        <Empty
          icon={IconThumbUp}
          title={waiting ? t.empty : t.emptyAnswered}
          about={waiting ? t.emptyAbout : t.emptyAnsweredAbout}
        />
      )}
      <Stack gap="md">
        {items && items.length > 0 && (
          <ul className={classes.list}>
            {items.map((question) => (
              <QuestionRow key={question.id} question={question} />
            ))}
          </ul>
        )}
        {found.hasNextPage && (
          <Button variant="default" onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {shared.common.more}
          </Button>
        )}
      </Stack>
    </>
  )
}
