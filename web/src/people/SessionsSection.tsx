import { Badge, Button, Group, Skeleton, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  endSessionMutation,
  listSessionsOptions,
  listSessionsQueryKey,
  type Session,
  signOutEverywhereMutation,
} from '../api'
import { expiry } from '../api/expiry'
import { confirm } from '../parts/confirm'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { Section } from '../settings/Section'
import { format } from '../text'
import { profile as words } from '../text/profile'

/** Where one is signed in, to end what should not be. */
export function SessionsSection() {
  const found = useQuery(listSessionsOptions())
  const cache = useQueryClient()
  const end = useMutation({
    ...endSessionMutation(),
    onSuccess: () => {
      sayDone(words.ended)
      cache.invalidateQueries({ queryKey: listSessionsQueryKey() })
    },
    onError: (error) => sayProblem(error),
  })
  const endAll = useMutation({
    ...signOutEverywhereMutation(),
    onMutate: expiry.ended,
    onSettled: () => window.location.assign('/sign-in'),
  })
  const askAndEndAll = async () => {
    const question = { title: words.endAllTitle, about: words.endAllAbout, yes: words.endAll, danger: true }
    if (await confirm(question)) endAll.mutate({})
  }
  return (
    <Section title={words.sessions}>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={80} />}
      {found.data?.items.map((session) => (
        <Group key={session.id} justify="space-between" wrap="nowrap">
          <div>
            <Text size="sm">{programOf(session)}</Text>
            <Text size="xs" c="dimmed">
              {words.seen}: <When at={session.seen_at} />
            </Text>
          </div>
          {session.current ? (
            <Badge color="green">{words.here}</Badge>
          ) : (
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              aria-label={`${words.end}: ${programOf(session)}, ${format.relative(session.seen_at)}`}
              onClick={() => end.mutate({ path: { session_id: session.id } })}
            >
              {words.end}
            </Button>
          )}
        </Group>
      ))}
      <Group justify="flex-end">
        <Button variant="subtle" color="red" size="xs" loading={endAll.isPending} onClick={askAndEndAll}>
          {words.endAll}
        </Button>
      </Group>
    </Section>
  )
}

/** "Firefox on Linux", as far as the program says what it is. */
function programOf(session: Session): string {
  const agent = session.agent ?? ''
  const program = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`))
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS', 'Linux'].find((name) =>
    agent.includes(name),
  )
  const known = { Edg: 'Edge', OPR: 'Opera' } as Record<string, string>
  if (!program) return agent.slice(0, 60) || words.unknown
  return [known[program] ?? program, system].filter(Boolean).join(' · ')
}
