import { Button, Group, Menu, Paper, Text } from '@mantine/core'
import { IconBolt, IconDownload, IconPencil, IconTrash, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { api, listStartableOptions, type ModuleOut, type RecordCount, type Startable } from '../../api'
import { lazy } from '../../app/lazy'
import { may, useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { format, t as shared } from '../../text'
import { records as t } from '../../text/records'
import { type Values, whereKey } from '../model'
import { forgetLists } from '../record/cache'
import { BulkEdit } from './BulkEdit'
import { useExport } from './exporting'
import { idsOf } from './idsOf'
import type { ListState } from './state'
import type { Selection } from './useSelection'

const StartPlaybook = lazy(() =>
  import('../../playbooks/tracks/StartOnSelection').then((one) => ({ default: one.StartOnSelection })),
)

interface Props {
  module: ModuleOut
  selection: Selection
  where: Values | null
  count: RecordCount | undefined
  state: ListState
}

/** What can be done with the selected records: all of them at once. */
export function BulkBar({ module, selection, where, count, state }: Props) {
  const me = useMe()
  const cache = useQueryClient()
  const [editing, setEditing] = useState(false)
  const total = count ? t.count(count.count, count.exact) : module.label_plural.toLowerCase()
  const chosen = selection.all ? total : t.count(selection.ids.size, true)
  const more = count && count.count > selection.ids.size && !selection.all
  const remove = useMutation({
    mutationFn: async () => {
      const ids = await idsOf(module, selection, where)
      const { data } = await api.writeRecords({
        path: { module: module.key },
        body: { delete: ids },
        throwOnError: true,
      })
      return data.deleted
    },
    onSuccess: (deleted) => {
      sayDone(t.deleted(deleted))
      selection.clear()
      forgetLists(cache, module.key)
    },
    onError: (error) => sayProblem(error, t.notDeleted),
  })
  const askRemove = async () => {
    const yes = await confirm({
      title: t.deleteSure(chosen),
      about: t.deleteAbout,
      yes: shared.common.delete,
      danger: true,
    })
    if (yes) remove.mutate()
  }
  const ids = [...selection.ids]
  const save = useExport(module, {
    where: selection.all ? where : whereKey(module, ids),
    sort: state.sort,
    columns: state.columns,
  })
  const open = !module.read_only
  return (
    <Paper
      className="surface"
      shadow="md"
      p="xs"
      mt="xs"
      role="region"
      aria-label={t.selected(selection.ids.size)}
      data-testid="bulk-bar"
    >
      <Group gap="xs">
        <Text size="sm" fw={600} role="status">
          {selection.all ? t.selectedAll(total) : t.selected(selection.ids.size)}
        </Text>
        {more && (
          <Button size="compact-sm" variant="subtle" onClick={selection.selectAll}>
            {t.selectAll(count.exact ? format.number(count.count) : total)}
          </Button>
        )}
        {open && may(me, 'update', module.key) && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPencil size={15} />}
            onClick={() => setEditing(true)}
          >
            {t.bulkEdit}
          </Button>
        )}
        <StartMenu module={module} selection={selection} where={where} chosen={chosen} />
        <Suspense fallback={null}>
          <StartPlaybook module={module} idsOf={() => idsOf(module, selection, where)} />
        </Suspense>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} />}
          loading={save.isPending}
          onClick={() => save.mutate({ format: 'csv', delimiter: 'comma' })}
        >
          {t.bulkExport}
        </Button>
        {open && may(me, 'delete', module.key) && (
          <Button
            size="xs"
            variant="default"
            c="var(--mantine-color-error)"
            leftSection={<IconTrash size={15} />}
            loading={remove.isPending}
            onClick={askRemove}
          >
            {t.bulkDelete}
          </Button>
        )}
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          ml="auto"
          leftSection={<IconX size={15} />}
          onClick={selection.clear}
        >
          {t.clearSelection}
        </Button>
      </Group>
      {editing && (
        <BulkEdit
          module={module}
          chosen={chosen}
          which={selection.all ? { where: where ?? {} } : { ids }}
          onClose={() => setEditing(false)}
          onDone={() => {
            setEditing(false)
            selection.clear()
          }}
        />
      )}
    </Paper>
  )
}

interface StartProps {
  module: ModuleOut
  selection: Selection
  where: Values | null
  chosen: string
}

function StartMenu({ module, selection, where, chosen }: StartProps) {
  const found = useQuery({ ...listStartableOptions({ query: { module: module.key } }), staleTime: 60_000 })
  const start = useMutation({
    mutationFn: async (flow: Startable) => {
      const ids = await idsOf(module, selection, where)
      const { data } = await api.startWorkflow({
        path: { key: flow.key },
        body: { records: ids },
        throwOnError: true,
      })
      return data
    },
    onSuccess: (done) =>
      sayDone(
        [
          t.started(done.started),
          ...(done.left_out.length > 0 ? [t.leftOut(done.left_out.length)] : []),
        ].join(' '),
      ),
    onError: (error) => sayProblem(error, t.notStarted),
  })
  const ask = async (flow: Startable) => {
    const name = flow.button || flow.name
    if (await confirm({ title: t.startSure(name), about: t.startAbout(chosen), yes: t.start }))
      start.mutate(flow)
  }
  const flows = found.data?.items ?? []
  if (flows.length === 0) return null
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconBolt size={15} />} loading={start.isPending}>
          {t.bulkStart}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {flows.map((flow) => (
          <Menu.Item key={flow.key} disabled={flow.paused} onClick={() => ask(flow)}>
            {flow.button || flow.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
