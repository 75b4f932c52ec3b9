import { Anchor, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { listModulesOptions } from '../api'
import { may, useMe } from '../app/useMe'
import { Problem } from '../parts/Problem'
import { home as t } from '../text/home'
import { Section } from './Section'

/** The modules that one may read, as a way into them. */
export function MyModules() {
  const me = useMe()
  const modules = useQuery(listModulesOptions())
  const mine = modules.data?.items.filter((module) => !module.parent_field && may(me, 'read', module.key))
  return (
    <Section title={t.modules}>
      {modules.error && <Problem error={modules.error} onRetry={() => modules.refetch()} />}
      {!mine && !modules.error && <Skeleton h={80} />}
      {mine?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.noModulesMore}
        </Text>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="xs">
        {mine?.map((module) => (
          <Stack key={module.key} gap={0}>
            <Anchor component={Link} to={`/records/${module.key}`} size="sm" fw={500}>
              {module.label_plural}
            </Anchor>
            {module.description && (
              <Text size="xs" c="dimmed" lineClamp={2}>
                {module.description}
              </Text>
            )}
          </Stack>
        ))}
      </SimpleGrid>
    </Section>
  )
}
