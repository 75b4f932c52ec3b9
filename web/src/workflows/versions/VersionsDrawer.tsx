import { Badge, Button, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, listVersionsOptions } from '../../api'
import { useOpenWorkflow } from '../../editor/page'
import type { PanelProps } from '../../editor/panels/slots'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { editor as t } from '../../text/editor'

/** Every version that was published, and the way back to it. */
export function VersionsDrawer({ onClose }: PanelProps) {
  const { workflow, save, adopt } = useOpenWorkflow()
  const path = { key: workflow.key }
  const versions = useQuery(listVersionsOptions({ path }))
  const restore = async (number: number) => {
    try {
      await save()
      adopt((await api.restoreVersion({ path: { ...path, number }, throwOnError: true })).data)
      sayDone(t.restored(number))
    } catch (error) {
      sayProblem(error, t.notDone)
    }
  }
  return (
    <Drawer opened onClose={onClose} position="right" title={t.versions}>
      {versions.isPending && <Skeleton h={80} />}
      {versions.error && <Problem error={versions.error} onRetry={() => versions.refetch()} />}
      {versions.data?.items.length === 0 && <Text c="dimmed">{t.noVersions}</Text>}
      <Stack gap="sm">
        {versions.data?.items.map((version) => (
          <Group key={version.id} justify="space-between" wrap="nowrap">
            <div>
              <Group gap={6}>
                <Text fw={600}>{t.version(version.number)}</Text>
                {version.active && <Badge color="green">{t.activeVersion}</Badge>}
              </Group>
              <Text size="sm" c="dimmed">
                <When at={version.published_at} /> {version.note}
              </Text>
            </div>
            <Button size="xs" variant="default" onClick={() => restore(version.number)}>
              {t.restore}
            </Button>
          </Group>
        ))}
      </Stack>
    </Drawer>
  )
}
