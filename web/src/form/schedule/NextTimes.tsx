import { Box, Group, Skeleton, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCalendarClock } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, asProblem } from '../../api'
import { format } from '../../text'
import { schedule as t } from '../../text/schedule'
import styles from './schedule.module.css'
import type { When } from './when'

interface Props {
  when?: When | undefined
  cron?: string | undefined
  timeZone: string | null
  /** How it is said, where the server only repeats what is written. */
  words?: string | undefined
  /** Whether what is wrong is said here: not where the form says it beside its field. */
  quiet?: boolean
}

/** The next five times of a schedule, told by the server while one chooses. */
export function NextTimes({ when, cron, timeZone, words: own, quiet = false }: Props) {
  const [asked] = useDebouncedValue({ when, cron, timeZone }, 250)
  const found = useQuery({
    queryKey: ['next times', asked],
    queryFn: async ({ signal }) => {
      const said = asked.when ? { when: { ...asked.when } } : { cron: asked.cron ?? '' }
      const body = { ...said, time_zone: asked.timeZone }
      return (await api.listNextTimes({ body, signal, throwOnError: true })).data
    },
    enabled: Boolean(asked.when ?? asked.cron),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  if (!(when ?? cron)) return null
  if (found.error) {
    const problem = asProblem(found.error)
    const [first] = problem.problems
    if (quiet || problem.unreachable) return null
    return (
      <Text size="xs" c="var(--mantine-color-error)" role="alert">
        {[first?.message ?? problem.message, first?.suggestion].filter(Boolean).join(' ')}
      </Text>
    )
  }
  if (!found.data) return <Skeleton h={132} radius="md" />
  const { times, time_zone: zone } = found.data
  const words = own ?? found.data.words
  return (
    <Box className={styles.times} data-testid="next-times">
      <Group gap={6} wrap="nowrap" align="flex-start">
        <IconCalendarClock size={16} aria-hidden className={styles.sign} />
        <Text size="sm" fw={500} aria-live="polite">
          {words.charAt(0).toUpperCase() + words.slice(1)}
        </Text>
      </Group>
      <Text size="xs" c="dimmed" mt={4}>
        {t.next(times.length, zone)}
      </Text>
      <ol className={styles.list}>
        {times.map((at) => (
          <li key={at}>
            <time dateTime={at}>{format.dateTimeIn(at, zone)}</time>
            <span className={styles.distance}>{format.relative(at)}</span>
          </li>
        ))}
      </ol>
    </Box>
  )
}
