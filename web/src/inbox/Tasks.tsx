import {
  Button,
  Group,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { IconChecklist, IconSearch, IconSearchOff } from '@tabler/icons-react'
import { useSearchParams } from 'react-router'
import { useMe } from '../app/useMe'
import { Empty } from '../parts/Empty'
import { Problem } from '../parts/Problem'
import { useLive } from '../parts/useLive'
import { format, t as shared } from '../text'
import { inbox as t } from '../text/inbox'
import { inGroups } from './groups'
import classes from './Inbox.module.css'
import { TaskRow } from './TaskRow'
import { useNames } from './useNames'
import { useTasks } from './useTasks'
import { fitting, type Wanted, WHOSE, wantedOf } from './wanted'

/** One's own tasks and one's groups', under headings by when they are due. */
export function Tasks() {
  const me = useMe()
  const [params, setParams] = useSearchParams()
  const wanted = wantedOf(params)
  const marked = Number(params.get('task')) || null
  useLive(['tasks'], ['listTasks'])
  const found = useTasks(wanted.done, wanted.whose === 'everyone' && me.administrator)
  const names = useNames(found.tasks ?? [])
  const filter = (name: string, value: string | null) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  const shown = found.tasks && fitting(found.tasks, wanted, me.user.id)
  return (
    <>
      <TaskFilters wanted={wanted} onFilter={filter} />
      {found.error && <Problem error={found.error} onRetry={found.retry} />}
      {!found.tasks && !found.error && <Skeleton h={280} role="status" aria-label={shared.common.loading} />}
      {shown?.length === 0 && (
        <Nothing
          wanted={wanted}
          all={found.tasks?.length ?? 0}
          onClear={() => setParams({}, { replace: true })}
        />
      )}
      <Stack gap="md">
        {inGroups(shown ?? [], format.timeZone).map(({ key, tasks }) => (
          <section key={key} aria-labelledby={`tasks-${key}`}>
            <Group gap={8} mb={6}>
              <Title
                order={2}
                id={`tasks-${key}`}
                c={key === 'overdue' ? 'var(--mantine-color-error)' : undefined}
              >
                {t.group[key]}
              </Title>
              <Text size="sm" c="dimmed">
                {format.number(tasks.length)}
                {found.cut && '+'}
              </Text>
            </Group>
            <ul className={classes.list}>
              {tasks.map((task) => (
                <TaskRow key={task.id} task={task} names={names} marked={task.id === marked} />
              ))}
            </ul>
          </section>
        ))}
        {found.cut && !found.more && (
          <Text size="sm" c="dimmed">
            {t.cut}
          </Text>
        )}
        {found.more && (
          <Button variant="default" onClick={found.more} loading={found.loadingMore}>
            {shared.common.more}
          </Button>
        )}
      </Stack>
    </>
  )
}

function Nothing({ wanted, all, onClear }: { wanted: Wanted; all: number; onClear: () => void }) {
  if (all > 0)
    return (
      <Empty icon={IconSearchOff} title={t.noneFound} about={t.noneFoundAbout}>
        <Button variant="default" onClick={onClear}>
          {t.clear}
        </Button>
      </Empty>
    )
  if (wanted.done) return <Empty icon={IconChecklist} title={t.emptyDone} about={t.emptyDoneAbout} />
  return <Empty icon={IconChecklist} title={t.empty} about={t.emptyAbout} />
}

interface FiltersProps {
  wanted: Wanted
  onFilter: (name: string, value: string | null) => void
}

function TaskFilters({ wanted, onFilter }: FiltersProps) {
  const me = useMe()
  const choices = WHOSE.filter((key) => key !== 'everyone' || me.administrator)
  return (
    <Group gap="xs" mb="md" role="search">
      <SegmentedControl
        aria-label={t.view}
        value={wanted.done ? 'done' : 'open'}
        onChange={(value) => onFilter('show', value === 'done' ? value : null)}
        data={[
          { value: 'open', label: t.toDo },
          { value: 'done', label: t.done },
        ]}
      />
      <Select
        w={190}
        aria-label={t.whose}
        value={wanted.whose}
        onChange={(value) => onFilter('whose', value === 'all' ? null : value)}
        data={choices.map((value) => ({ value, label: t[value] }))}
      />
      <TextInput
        w={240}
        type="search"
        aria-label={t.search}
        placeholder={t.search}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={wanted.search}
        onChange={(event) => onFilter('search', event.currentTarget.value)}
      />
    </Group>
  )
}
