import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, loadPackMutation, type Pack, type PackReport } from '../../api'
import { sayDone, sayProblem } from '../../parts/saying'
import { settings } from '../../text/settings'
import { Report } from './Report'

const words = settings.packs
type Deed = 'update' | 'remove'
type Asked = { deed: Deed; dry: boolean; take?: string[] }

/** A ready-made office: loaded, brought up to date, or taken away, each step told before it is done. */
export function PackCard({ pack }: { pack: Pack }) {
  const cache = useQueryClient()
  const [shown, setShown] = useState<{ deed: Deed; report: PackReport } | null>(null)
  const load = useMutation({
    ...loadPackMutation(),
    onSuccess: () => {
      sayDone(words.done(pack.name))
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error, words.failed(pack.name)),
  })
  const change = useMutation({
    mutationFn: async ({ deed, dry, take = [] }: Asked) => {
      const path = { key: pack.key }
      const { data } =
        deed === 'update'
          ? await api.updatePack({ path, body: { dry, take }, throwOnError: true })
          : await api.removePack({ path, body: { dry, accept_loss: !dry }, throwOnError: true })
      return data
    },
    onSuccess: (report, { deed }) => {
      setShown({ deed, report })
      if (!report.dry) cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error, words.notChanged(pack.name)),
  })
  const look = (deed: Deed) => change.mutate({ deed, dry: true })
  const looking = (deed: Deed) => change.isPending && change.variables.deed === deed && change.variables.dry
  return (
    <Paper p="md" className="surface">
      <Stack gap="xs" h="100%" justify="space-between">
        <div>
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <Title order={2}>{pack.name}</Title>
            {pack.loaded && <Badge color="green">{words.loaded}</Badge>}
          </Group>
          <Text size="sm" c="dimmed">
            {pack.description}
          </Text>
        </div>
        <Group justify="flex-end" gap="xs">
          {pack.loaded ? (
            <>
              <Button
                size="xs"
                variant="subtle"
                loading={looking('remove')}
                aria-label={words.removeOf(pack.name)}
                onClick={() => look('remove')}
              >
                {words.remove}
              </Button>
              {pack.shipped && (
                <Button
                  size="xs"
                  variant="default"
                  loading={looking('update')}
                  aria-label={words.updateOf(pack.name)}
                  onClick={() => look('update')}
                >
                  {words.update}
                </Button>
              )}
            </>
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
      {shown && (
        <Report
          report={shown.report}
          title={titleOf(shown.deed, shown.report, pack.name)}
          {...(canGoOn(shown.deed, shown.report)
            ? {
                doIt: shown.deed === 'update' ? words.updateNow : words.removeNow,
                onDo: (take: string[]) => change.mutate({ deed: shown.deed, dry: false, take }),
              }
            : {})}
          busy={change.isPending}
          onClose={() => setShown(null)}
        />
      )}
    </Paper>
  )
}

function titleOf(deed: Deed, report: PackReport, name: string): string {
  if (deed === 'update') return report.dry ? words.wouldUpdate(name) : words.updated(name)
  return report.dry ? words.wouldRemove(name) : words.removed(name)
}

/** An update that would change nothing and leaves nothing to choose has no button. */
function canGoOn(deed: Deed, report: PackReport): boolean {
  if (!report.dry) return false
  return deed === 'remove' || report.steps.some((step) => step.action !== 'keep')
}
