import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconDownload,
  IconKeyboard,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlayerTrackNext,
  IconRotateClockwise,
  IconStairsUp,
  IconTrash,
} from '@tabler/icons-react'
import { Link } from 'react-router'
import { RunOnAll } from '../../runs/bulk/RunOnAll'
import { firstTime } from '../../text/again'
import { bulk } from '../../text/bulk'
import { editor as t } from '../../text/editor'
import { files } from '../../text/files'
import { stages } from '../../text/stages'
import { DisableDialog } from '../../workflows/list/DisableDialog'
import { useOpenWorkflow } from '../page'
import { useEditor, useEditorState } from '../store'
import { useDeeds } from './useDeeds'

/** What is done with the workflow as a whole, and rarely. */
export function MoreMenu() {
  const editor = useEditor()
  const { workflow } = useOpenWorkflow()
  const deeds = useDeeds()
  const [disabling, { open, close }] = useDisclosure(false)
  const [running, { open: openRun, close: closeRun }] = useDisclosure(false)
  const { state, paused, active_version } = workflow
  const once = useEditorState((editing) => editing.draft.document.settings.recurrence === 'first_time')
  return (
    <>
      <Menu width={220} returnFocus>
        <Menu.Target>
          <Tooltip label={t.more}>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.more}>
              <IconDots size={19} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {state === 'active' && (
            <Menu.Item leftSection={<IconPlayerTrackNext size={16} />} onClick={openRun}>
              {bulk.runOnAll}
            </Menu.Item>
          )}
          {(state === 'draft' || state === 'disabled') && (
            <Menu.Item
              component={Link}
              to={`/workflows/${workflow.key}/stages`}
              leftSection={<IconStairsUp size={16} />}
            >
              {stages.menu}
            </Menu.Item>
          )}
          {state === 'active' && (
            <Menu.Item leftSection={<IconPlayerStop size={16} />} onClick={open}>
              {t.disable}
            </Menu.Item>
          )}
          {state === 'disabled' && active_version !== null && (
            <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={deeds.enable}>
              {t.enable}
            </Menu.Item>
          )}
          {state === 'active' && (
            <Menu.Item
              leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
              onClick={() => deeds.pause(!paused)}
            >
              {paused ? t.resume : t.pause}
            </Menu.Item>
          )}
          {once && active_version !== null && (
            <Menu.Item leftSection={<IconRotateClockwise size={16} />} onClick={deeds.letAgain}>
              {firstTime.menu}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={deeds.duplicate}>
            {t.duplicateWorkflow}
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={deeds.download}>
            {files.saveOne}
          </Menu.Item>
          <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={() => editor.ask({ kind: 'help' })}>
            {t.shortcuts}
          </Menu.Item>
          <Menu.Divider />
          {state === 'archived' ? (
            <Menu.Item leftSection={<IconArchiveOff size={16} />} onClick={deeds.unarchive}>
              {t.unarchive}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconArchive size={16} />} onClick={deeds.archive}>
              {t.archive}
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={deeds.remove}>
            {t.deleteWorkflow}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {running && <RunOnAll workflow={workflow} onClose={closeRun} />}
      <DisableDialog
        name={workflow.name}
        opened={disabling}
        onClose={close}
        onSay={(inFlight) => {
          close()
          deeds.disable(inFlight)
        }}
      />
    </>
  )
}
