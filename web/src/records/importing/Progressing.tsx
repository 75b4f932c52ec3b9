import { Alert, Button, Group, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { cancelImportMutation, getImportQueryKey, type ModuleOut } from '../../api'
import { confirm } from '../../parts/confirm'
import { Problem } from '../../parts/Problem'
import { Status } from '../../parts/Status'
import { sayProblem } from '../../parts/saying'
import { format } from '../../text'
import { records as t } from '../../text/records'
import { forgetLists } from '../record/cache'
import { Counts, ImportBar, Problems } from './parts'
import { isUnderWay, useImport } from './useImport'

interface Props {
  module: ModuleOut
  id: number
  onAgain: () => void
}

/** An import that is under way, and what came of it. */
export function Progressing({ module, id, onAgain }: Props) {
  const cache = useQueryClient()
  const query = useImport(id)
  const found = query.data
  const over = found ? !isUnderWay(found) : false
  useEffect(() => {
    if (over) forgetLists(cache, module.key)
  }, [over, cache, module.key])
  const cancel = useMutation({
    ...cancelImportMutation(),
    onSuccess: (ended) => cache.setQueryData(getImportQueryKey({ path: { import_id: id } }), ended),
    onError: (error) => sayProblem(error, t.importNotCancelled),
  })
  if (query.error) return <Problem error={query.error} onRetry={() => query.refetch()} />
  if (!found) return <Skeleton h={200} />
  const ask = async () => {
    if (
      await confirm({
        title: t.importCancelSure,
        about: t.importCancelAbout,
        yes: t.importCancel,
        danger: true,
      })
    )
      cancel.mutate({ path: { import_id: id } })
  }
  return (
    <Stack>
      <Paper className="surface" p="md">
        <Group justify="space-between" mb="xs">
          <Group gap="xs">
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {found.document_name}
            </Text>
            <Status of={found.status} />
          </Group>
          {!over && (
            <Button size="xs" variant="default" onClick={ask} loading={cancel.isPending}>
              {t.importCancel}
            </Button>
          )}
        </Group>
        <ImportBar found={found} />
        {over && found.seconds !== null && (
          <Text size="sm" c="dimmed">
            {t.importTook(format.duration(found.seconds))}
          </Text>
        )}
      </Paper>
      {found.error && <Alert color="red">{String(found.error.message ?? t.importFailed)}</Alert>}
      <Counts found={found} />
      {over && <Problems found={found} />}
      {over && (
        <Group>
          <Button component={Link} to={`/records/${module.key}`}>
            {t.toList(module.label_plural)}
          </Button>
          <Button variant="default" onClick={onAgain}>
            {t.importAgain}
          </Button>
        </Group>
      )}
    </Stack>
  )
}
