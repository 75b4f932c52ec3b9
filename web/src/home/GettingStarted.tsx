import {
  Anchor,
  Button,
  CloseButton,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  ThemeIcon,
  Title,
} from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from 'react-router'
import { changeMeMutation, getMeOptions, queries, type Steps } from '../api'
import { useMe } from '../app/useMe'
import { sayProblem } from '../parts/saying'
import { home as t } from '../text/home'
import { PREFERENCE, stepsOf, wantsSteps } from './steps'

/** What a new office does first, with the way to each; it goes away when all is done, or when it is hidden. */
export function GettingStarted({ steps }: { steps: Steps }) {
  const me = useMe()
  const hide = useMutation({
    ...changeMeMutation(),
    onSuccess: () => queries.invalidateQueries({ queryKey: getMeOptions().queryKey }),
    onError: (error) => sayProblem(error),
  })
  const shown = stepsOf(steps, me.administrator)
  if (!wantsSteps(shown, me.preferences[PREFERENCE])) return null
  const done = shown.filter((step) => step.done).length
  const next = shown.find((step) => !step.done)?.key
  return (
    <Paper component="section" className="surface" p="md" aria-label={t.start.title}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb="sm">
        <Stack gap={0}>
          <Title order={2}>{t.start.title}</Title>
          <Text size="sm" c="dimmed">
            {t.start.progress(done, shown.length)}. {t.start.about}
          </Text>
        </Stack>
        <CloseButton
          aria-label={t.start.hide}
          disabled={hide.isPending}
          onClick={() => hide.mutate({ body: { preferences: { [PREFERENCE]: true } } })}
        />
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: shown.length }} spacing="lg" component="ol" style={PLAIN}>
        {shown.map(({ key, to, done: isDone, words, also }, index) => (
          <Group key={key} component="li" gap="sm" wrap="nowrap" align="flex-start">
            <ThemeIcon
              radius="xl"
              size={26}
              variant={isDone ? 'filled' : 'light'}
              color={isDone ? 'green.9' : undefined}
            >
              {isDone ? <IconCheck size={16} aria-label={t.start.done} /> : index + 1}
            </ThemeIcon>
            <Stack gap={4} align="flex-start">
              <Text size="sm" fw={600}>
                {words.title}
              </Text>
              <Text size="xs" c="dimmed">
                {words.about}
              </Text>
              {!isDone && (
                <Button
                  component={Link}
                  to={to}
                  size="compact-xs"
                  variant={key === next ? 'light' : 'default'}
                  mt={2}
                >
                  {words.deed}
                </Button>
              )}
              {!isDone && also && (
                <Anchor component={Link} to={also.to} size="xs">
                  {also.deed}
                </Anchor>
              )}
            </Stack>
          </Group>
        ))}
      </SimpleGrid>
    </Paper>
  )
}

const PLAIN = { margin: 0, padding: 0, listStyle: 'none' }
