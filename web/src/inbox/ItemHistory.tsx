import { Anchor, Button, Group, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, findPeopleOptions, type HistoryLine } from '../api'
import { Problem } from '../parts/Problem'
import { sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { inbox as t } from '../text/inbox'
import { refreshInbox } from './useItemDeeds'

interface Props {
  of: 'task' | 'question'
  id: number
}

/** What happened to a task or a question, in order, and room to say something. */
export function ItemHistory({ of, id }: Props) {
  const found = useQuery({
    queryKey: [{ _id: of === 'task' ? 'listTaskHistory' : 'listQuestionHistory' }, id],
    queryFn: async () => {
      const asked = { query: { limit: 200 }, throwOnError: true } as const
      const answer =
        of === 'task'
          ? await api.listTaskHistory({ path: { task_id: id }, ...asked })
          : await api.listQuestionHistory({ path: { question_id: id }, ...asked })
      return answer.data.items
    },
  })
  const names = useNamesIn(found.data ?? [])
  return (
    <section aria-label={t.history}>
      <Title order={3} size="sm" mb={6}>
        {t.history}
      </Title>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={40} />}
      {found.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noHistory}
        </Text>
      )}
      <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {found.data?.map((line) => (
          <li key={line.id}>
            <Line line={line} names={names} />
          </li>
        ))}
      </Stack>
      <Say of={of} id={id} />
    </section>
  )
}

function useNamesIn(lines: HistoryLine[]) {
  const ids = [...new Set(lines.flatMap(({ details }) => [details.to, details.from]))].filter(
    (one): one is number => typeof one === 'number',
  )
  const found = useQuery({ ...findPeopleOptions({ query: { ids, limit: 200 } }), enabled: ids.length > 0 })
  return (id: unknown) => found.data?.users.find((one) => one.id === id)?.name ?? t.nobody
}

function Line({ line, names }: { line: HistoryLine; names: (id: unknown) => string }) {
  const by = line.user_name ?? t.byItself
  const who = line.for_user_name && line.user_name ? t.inPlaceOf(by, line.for_user_name) : by
  const what = (t.deeds[line.kind] ?? (() => line.kind))(names(line.details.to))
  const document =
    line.kind === 'file' && typeof line.details.document === 'number' ? line.details.document : null
  return (
    <>
      <Text size="xs" c="dimmed">
        {who} · <When at={line.at} />
      </Text>
      <Text size="sm" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }} dir="auto">
        {line.kind !== 'commented' && what}
        {line.kind !== 'commented' && line.comment && ': '}
        {line.comment}
        {document !== null && (
          <>
            {' '}
            <Anchor href={`/api/v1/documents/${document}/content`}>{String(line.details.name)}</Anchor>
          </>
        )}
      </Text>
    </>
  )
}

function Say({ of, id }: Props) {
  const [comment, setComment] = useState('')
  const say = useMutation({
    mutationFn: (body: { comment: string }) =>
      of === 'task'
        ? api.commentTask({ path: { task_id: id }, body, throwOnError: true })
        : api.commentQuestion({ path: { question_id: id }, body, throwOnError: true }),
    onSuccess: () => setComment(''),
    onError: (error) => sayProblem(error, t.notSaid),
    onSettled: refreshInbox,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    say.mutate({ comment })
  }
  return (
    <form onSubmit={submit}>
      <Group gap="xs" mt="sm" align="flex-end" wrap="nowrap">
        <Textarea
          flex={1}
          autosize
          maxRows={6}
          aria-label={t.comment}
          placeholder={t.comment}
          maxLength={5000}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={!comment.trim()} loading={say.isPending}>
          {t.say}
        </Button>
      </Group>
    </form>
  )
}
