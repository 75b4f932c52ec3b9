import { ActionIcon, Button, Group, Paper, Select, Skeleton, Stack, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconDatabaseEdit, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type DataTaskOut, listDataTasksOptions } from '../../api'
import { Empty } from '../../parts/Empty'
import { Problem } from '../../parts/Problem'
import { wizard as words } from '../../text/wizard'
import { moved } from './answers'

const t = words.tasks

interface Props {
  tasks: string[]
  onChange: (tasks: string[]) => void
}

/** Saved data tasks in the order in which they run. */
export function TasksStep({ tasks, onChange }: Props) {
  const found = useQuery(listDataTasksOptions({ query: { limit: 500 } }))
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={120} />
  const known = new Map(found.data.items.map((one) => [one.key, one]))
  if (known.size === 0)
    return (
      <Empty icon={IconDatabaseEdit} title={t.none} about={t.noneAbout}>
        <Button component={Link} to="/data-tasks/new">
          {t.create}
        </Button>
      </Empty>
    )
  return (
    <Stack gap="xs">
      {tasks.map((key, index) => (
        <Row
          // biome-ignore lint/suspicious/noArrayIndexKey: the same task may stand here twice
          key={`${key} ${index}`}
          task={known.get(key)}
          name={known.get(key)?.name ?? key}
          number={index + 1}
          last={index === tasks.length - 1}
          onMove={(by) => onChange(moved(tasks, index, by))}
          onRemove={() => onChange(tasks.filter((_, at) => at !== index))}
        />
      ))}
      <Select
        aria-label={t.add}
        placeholder={t.add}
        searchable
        data={found.data.items.map((one) => ({ value: one.key, label: one.name }))}
        value={null}
        onChange={(key) => key && onChange([...tasks, key])}
        maw={420}
      />
    </Stack>
  )
}

interface RowProps {
  task: DataTaskOut | undefined
  name: string
  number: number
  last: boolean
  onMove: (by: -1 | 1) => void
  onRemove: () => void
}

function Row({ task, name, number, last, onMove, onRemove }: RowProps) {
  return (
    <Paper px="sm" py={6} data-testid={`wizard-task-${number}`}>
      <Group wrap="nowrap" gap="xs">
        <Text size="sm" c="dimmed" w={20}>
          {number}
        </Text>
        <Stack gap={0} flex={1} miw={0}>
          <Text size="sm" fw={500} truncate>
            {name}
          </Text>
          {task?.description && (
            <Text size="xs" c="dimmed" lineClamp={1}>
              {task.description}
            </Text>
          )}
        </Stack>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t.up(name)}
          disabled={number === 1}
          onClick={() => onMove(-1)}
        >
          <IconArrowUp size={16} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t.down(name)}
          disabled={last}
          onClick={() => onMove(1)}
        >
          <IconArrowDown size={16} />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={t.remove(name)} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </Paper>
  )
}
