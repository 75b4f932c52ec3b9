import { Badge, Button, Group, Paper, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { listPacksOptions, loadPackMutation, type Pack } from '../api'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { settings } from '../text/settings'

const words = settings.packs

/** Ready-made offices to load. */
export function Page() {
  const found = useQuery(listPacksOptions())
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={180} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {found.data?.items.map((pack) => (
          <PackCard key={pack.key} pack={pack} />
        ))}
      </SimpleGrid>
    </>
  )
}

function PackCard({ pack }: { pack: Pack }) {
  const cache = useQueryClient()
  const load = useMutation({
    ...loadPackMutation(),
    onSuccess: () => {
      sayDone(words.done(pack.name))
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error, words.failed(pack.name)),
  })
  return (
    <Paper p="md" className="surface">
      <Stack gap="xs" h="100%" justify="space-between">
        <div>
          <Title order={2}>{pack.name}</Title>
          <Text size="sm" c="dimmed">
            {pack.description}
          </Text>
        </div>
        <Group justify="flex-end">
          {pack.loaded ? (
            <Badge color="green">{words.loaded}</Badge>
          ) : (
            <Button
              size="xs"
              loading={load.isPending}
              onClick={() => load.mutate({ path: { key: pack.key } })}
            >
              {words.load}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  )
}
