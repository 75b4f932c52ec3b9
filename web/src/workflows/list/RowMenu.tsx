import { ActionIcon, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  type Icon,
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconDownload,
  IconHistory,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconSitemap,
  IconStairsUp,
  IconTrash,
} from '@tabler/icons-react'
import { Link } from 'react-router'
import type { ListedWorkflow } from '../../api'
import { RunOnAll } from '../../runs/bulk/RunOnAll'
import { bulk } from '../../text/bulk'
import { files } from '../../text/files'
import { stages } from '../../text/stages'
import { workflows as t } from '../../text/workflows'
import { DetailsDialog } from './DetailsDialog'
import { useRowActions } from './useRowActions'

/** What can be done with one workflow of the list. */
export function RowMenu({ workflow, full }: { workflow: ListedWorkflow; full: string | null }) {
  const [editing, { open, close }] = useDisclosure(false)
  const [running, { open: openRun, close: closeRun }] = useDisclosure(false)
  const act = useRowActions(workflow)
  const { key, name, state, paused } = workflow
  const archived = state === 'archived'
  return (
    <>
      <Menu width={230} returnFocus>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t.menu(name)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={`/workflows/${key}`} leftSection={<IconSitemap size={16} />}>
            {t.open}
          </Menu.Item>
          <Menu.Item component={Link} to={`/runs?workflow=${key}`} leftSection={<IconHistory size={16} />}>
            {t.runs}
          </Menu.Item>
          {!archived && (
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={open}>
              {t.details}
            </Menu.Item>
          )}
          <WithRoom full={full} icon={IconCopy} label={t.duplicate} onClick={act.duplicate} />
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={act.download}>
            {files.saveOne}
          </Menu.Item>
          <Menu.Divider />
          {state === 'active' && (
            <Menu.Item leftSection={<IconPlayerTrackNext size={16} />} onClick={openRun}>
              {bulk.runOnAll}
            </Menu.Item>
          )}
          {(state === 'draft' || state === 'disabled') && (
            <Menu.Item
              component={Link}
              to={`/workflows/${key}/stages`}
              leftSection={<IconStairsUp size={16} />}
            >
              {stages.menu}
            </Menu.Item>
          )}
          {state === 'active' && (
            <Menu.Item
              leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
              onClick={() => act.setPaused(!paused)}
            >
              {paused ? t.resume : t.pause}
            </Menu.Item>
          )}
          {archived ? (
            <WithRoom full={full} icon={IconArchiveOff} label={t.unarchive} onClick={act.unarchive} />
          ) : (
            <Menu.Item leftSection={<IconArchive size={16} />} onClick={act.archive}>
              {t.archive}
            </Menu.Item>
          )}
          <Menu.Item
            c="var(--mantine-color-error)"
            leftSection={<IconTrash size={16} />}
            onClick={act.remove}
          >
            {t.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {running && <RunOnAll workflow={workflow} onClose={closeRun} />}
      {editing && <DetailsDialog workflow={workflow} onClose={close} />}
    </>
  )
}

interface WithRoomProps {
  full: string | null
  icon: Icon
  label: string
  onClick: () => void
}

/** A deed that makes one workflow more: greyed out, with the reason, when there is no room for it. */
function WithRoom({ full, icon: Sign, label, onClick }: WithRoomProps) {
  return (
    <Menu.Item leftSection={<Sign size={16} />} onClick={onClick} disabled={Boolean(full)}>
      {label}
      {full && (
        <Text size="xs" c="dimmed">
          {full}
        </Text>
      )}
    </Menu.Item>
  )
}
