import { ActionIcon, Alert, Badge, Button, Group, List, Menu, Tabs, Tooltip } from '@mantine/core'
import { IconChevronDown, IconStar, IconStarFilled, IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import type { ModuleOut, View } from '../../api'
import { useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { type ListState, useChangeAddress } from './state'
import type { useViews } from './useViews'
import { ViewName } from './ViewName'

interface Props {
  module: ModuleOut
  state: ListState
  views: ReturnType<typeof useViews>
}

const NOTHING = { where: null, sort: null, columns: null, q: null }

/** Saved views as tabs; what was changed on the open one can be saved, or undone. */
export function ViewTabs({ module, state, views }: Props) {
  const change = useChangeAddress()
  const me = useMe()
  const [naming, setNaming] = useState<'new' | 'rename' | null>(null)
  const { view } = state
  const definition = { where: state.where, sort: state.sort, columns: state.columns }
  const mayChange = view !== null && (view.mine || me.administrator)
  const saved = (done: View) => {
    sayDone(t.viewSaved)
    setNaming(null)
    change({ ...NOTHING, view: String(done.id) }, true)
  }
  const save = () => {
    if (!view) return
    views.change.mutate(
      { path: { view_id: view.id }, body: { definition }, headers: { 'If-Match': view.etag } },
      { onSuccess: saved, onError: (error) => sayProblem(error, t.viewNotSaved) },
    )
  }
  return (
    <>
      <Group gap="xs" mb="sm" align="flex-end" justify="space-between">
        <Tabs
          value={view ? String(view.id) : 'all'}
          onChange={(value) => change({ ...NOTHING, view: value })}
          flex="1 1 300px"
        >
          <Tabs.List aria-label={t.views}>
            <Tabs.Tab value="all">{t.allRecords}</Tabs.Tab>
            {views.views.map((one) => (
              <Tabs.Tab
                key={one.id}
                value={String(one.id)}
                leftSection={one.id === views.preferred ? <IconStarFilled size={12} /> : undefined}
                rightSection={one.shared ? <SharedSign view={one} /> : undefined}
                maw={260}
              >
                {one.name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs>
        <Group gap={6}>
          {state.changed && (
            <>
              <Badge color="yellow" c="var(--mantine-color-text)">
                {t.viewChanged}
              </Badge>
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => change(NOTHING, true)}>
                {t.viewReset}
              </Button>
              {mayChange && (
                <Button size="compact-sm" variant="default" onClick={save} loading={views.change.isPending}>
                  {t.viewSave}
                </Button>
              )}
            </>
          )}
          <ViewMenu module={module} view={view} views={views} mayChange={mayChange} onName={setNaming} />
        </Group>
      </Group>
      {view && view.problems.length > 0 && (
        <Alert color="orange" title={t.viewProblems} mb="xs">
          <List size="sm">
            {view.problems.map((problem) => (
              <List.Item key={problem.path + problem.message}>
                {problem.message} {problem.suggestion}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {naming && (
        <ViewName
          module={module}
          view={naming === 'rename' ? view : null}
          definition={definition}
          views={views}
          onSaved={saved}
          onClose={() => setNaming(null)}
        />
      )}
    </>
  )
}

function SharedSign({ view }: { view: View }) {
  const label = view.mine ? t.viewShared : t.viewOf(view.owner_name)
  return (
    <Tooltip label={label}>
      <IconUsers size={13} aria-label={label} />
    </Tooltip>
  )
}

interface MenuProps {
  module: ModuleOut
  view: View | null
  views: ReturnType<typeof useViews>
  mayChange: boolean
  onName: (how: 'new' | 'rename') => void
}

function ViewMenu({ view, views, mayChange, onName }: MenuProps) {
  const change = useChangeAddress()
  const failed = (error: unknown) => sayProblem(error, t.viewNotSaved)
  const share = (one: View) =>
    views.change.mutate(
      { path: { view_id: one.id }, body: { shared: !one.shared }, headers: { 'If-Match': one.etag } },
      { onSuccess: () => sayDone(t.viewSaved), onError: failed },
    )
  const remove = async (one: View) => {
    const yes = await confirm({
      title: t.viewDeleteSure(one.name),
      about: one.shared ? t.viewDeleteShared : t.viewDeleteAbout,
      yes: shared.common.delete,
      danger: true,
    })
    if (!yes) return
    views.remove.mutate(
      { path: { view_id: one.id } },
      {
        onSuccess: () => {
          sayDone(t.viewDeleted)
          change({ ...NOTHING, view: null }, true)
        },
        onError: failed,
      },
    )
  }
  const preferred = views.preferred === (view?.id ?? null)
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" aria-label={t.viewMenu(view?.name ?? t.allRecords)}>
          <IconChevronDown size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onName('new')}>{t.viewSaveAs}</Menu.Item>
        {view && mayChange && (
          <>
            <Menu.Item onClick={() => onName('rename')}>{t.viewRename}</Menu.Item>
            <Menu.Item onClick={() => share(view)}>{view.shared ? t.viewUnshare : t.viewShare}</Menu.Item>
          </>
        )}
        {!(view === null && preferred) && (
          <Menu.Item
            leftSection={<IconStar size={14} />}
            onClick={() => views.prefer(preferred ? null : (view?.id ?? null)).catch(failed)}
          >
            {preferred ? t.viewNotDefault : t.viewDefault}
          </Menu.Item>
        )}
        {view && mayChange && (
          <>
            <Menu.Divider />
            <Menu.Item color="red" onClick={() => remove(view)}>
              {t.viewDelete}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
