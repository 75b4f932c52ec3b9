import { Alert, Button, Group, List, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { asProblem } from '../api/problem'
import { t } from '../text'

interface Props {
  error: unknown
  onRetry?: (() => void) | undefined
  /** What was being done, as the heading: "The workflow was not saved"; null: it stands above already. */
  title?: string | null | undefined
}

/** What happened, to what, and what to do: any error, the same everywhere. */
export function Problem({ error, onRetry, title }: Props) {
  const problem = asProblem(error)
  const Icon = problem.unreachable ? IconPlugConnectedX : IconAlertTriangle
  return (
    <Alert
      color="red"
      variant="light"
      icon={<Icon aria-hidden />}
      title={title === undefined ? problem.title : title}
      role="alert"
      m="xs"
    >
      <Stack gap={6} align="flex-start">
        <Text size="sm">{problem.message}</Text>
        {problem.problems.length > 0 && (
          <List size="sm" spacing={2}>
            {problem.problems.slice(0, 12).map((item) => (
              <List.Item key={item.path + item.code + item.message}>
                {item.message} {item.suggestion}
              </List.Item>
            ))}
          </List>
        )}
        {problem.suggestion && <Text size="sm">{problem.suggestion}</Text>}
        {onRetry && (
          <Group>
            <Button size="xs" variant="default" onClick={onRetry}>
              {t.common.retry}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  )
}
