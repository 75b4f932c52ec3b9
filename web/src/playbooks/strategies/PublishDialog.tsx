import { Badge, Button, Group, List, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, type ReviewedStrategyStep, type StrategyOut } from '../../api'
import type { Config } from '../../form'
import { Problem } from '../../parts/Problem'
import { t as shared } from '../../text'
import { strategies as t } from '../../text/strategies'

interface Props {
  strategy: StrategyOut
  definition: Config
  onPublish: () => void
  onClose: () => void
}

const COLORS = { added: 'teal', changed: 'blue', removed: 'red' } as const

/** What publishing would change, step by step, before it is done. */
export function PublishDialog({ strategy, definition, onPublish, onClose }: Props) {
  const found = useQuery({
    queryKey: [{ _id: 'reviewStrategy', key: strategy.key, definition }],
    queryFn: async ({ signal }) => {
      const path = { key: strategy.key }
      return (await api.reviewStrategy({ path, body: { definition }, signal, throwOnError: true })).data
    },
    staleTime: 0,
    gcTime: 0,
  })
  const review = found.data
  return (
    <Modal opened onClose={onClose} title={t.review.title(strategy.name)} size="lg">
      <Stack gap="sm" data-testid="strategy-review">
        {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
        {!review && !found.error && <Skeleton h={120} />}
        {review && (
          <>
            <Text size="sm">
              {!review.published
                ? t.review.first
                : review.steps.length === 0
                  ? t.review.same
                  : t.review.about}
            </Text>
            {review.steps.length > 0 && (
              <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t.steps}>
                {review.steps.map((step) => (
                  <Step key={step.step} step={step} first={!review.published} />
                ))}
              </Stack>
            )}
            {review.kept > 0 && review.steps.length > 0 && (
              <Text size="sm" c="dimmed">
                {t.review.kept(review.kept)}
              </Text>
            )}
          </>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {shared.common.cancel}
          </Button>
          <Button data-autofocus disabled={!review} onClick={onPublish}>
            {t.review.publish}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Step({ step, first }: { step: ReviewedStrategyStep; first: boolean }) {
  return (
    <li>
      <Group gap={8}>
        <Text size="sm" fw={600} dir="auto">
          {step.name}
        </Text>
        {!first && <Badge color={COLORS[step.change]}>{t.review.changes[step.change]}</Badge>}
      </Group>
      <Told title={t.review.was} lines={step.was} />
      <Told title={step.change === 'changed' ? t.review.now : undefined} lines={step.now} />
      {step.parts.length > 0 && (
        <Text size="sm" c="dimmed">
          {t.review.parts(step.parts.join(', '))}
        </Text>
      )}
    </li>
  )
}

function Told({ title, lines }: { title?: string; lines: string[] }) {
  if (lines.length === 0) return null
  return (
    <>
      {title && (
        <Text size="xs" fw={600} mt={2}>
          {title}
        </Text>
      )}
      <List size="sm" withPadding>
        {lines.map((one) => (
          <List.Item key={one} style={{ overflowWrap: 'anywhere' }}>
            {one}
          </List.Item>
        ))}
      </List>
    </>
  )
}
