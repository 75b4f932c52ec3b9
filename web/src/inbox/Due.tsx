import { Badge, Text } from '@mantine/core'
import { When } from '../parts/When'
import { inbox as t } from '../text/inbox'
import { isOverdue } from './groups'

/** When a task is due; one that should have been done already stands out, in words too. */
export function Due({ at, done = false }: { at: string | null; done?: boolean }) {
  if (!at) return null
  if (!done && isOverdue(at))
    return (
      <Badge color="red" style={{ flex: 'none' }}>
        {t.overdue} <When at={at} />
      </Badge>
    )
  return (
    <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
      {t.due} <When at={at} />
    </Text>
  )
}
