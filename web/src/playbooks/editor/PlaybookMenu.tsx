import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconDownload, IconPower, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { deletePlaybookMutation, setPlaybookStateMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { files } from '../../text/files'
import { playbooks as t } from '../../text/playbooks'
import { useSaveFiles } from '../../workflows/files/saving'
import { type Draft, refreshPlaybooks } from './useDraft'

/** Switch it on or off, and remove it. */
export function PlaybookMenu({ draft }: { draft: Draft }) {
  const { base } = draft
  const navigate = useNavigate()
  const path = { key: base.key }
  const save = useSaveFiles()
  const state = useMutation({
    ...setPlaybookStateMutation(),
    onSuccess: (now) => {
      draft.noteState(now)
      sayDone(now.state === 'active' ? t.switched.active : t.switched.disabled)
    },
    onError: (error) => sayProblem(error, t.notSwitched),
  })
  const remove = useMutation({
    ...deletePlaybookMutation(),
    onSuccess: () => {
      sayDone(t.removed)
      refreshPlaybooks()
      navigate('/playbooks')
    },
    onError: (error) => sayProblem(error, t.notRemoved),
  })
  const turn = async () => {
    if (base.state !== 'active') return state.mutate({ path, body: { state: 'active' } })
    const question = { title: t.offTitle(base.name), about: t.offAbout, yes: t.switchOff }
    if (await confirm(question)) state.mutate({ path, body: { state: 'disabled' } })
  }
  const ask = async () => {
    const question = { title: t.removeTitle(base.name), about: t.removeAbout, yes: t.remove, danger: true }
    if (await confirm(question)) remove.mutate({ path })
  }
  return (
    <Menu width={220} position="bottom-end" returnFocus>
      <Menu.Target>
        <ActionIcon
          variant="default"
          size={36}
          aria-label={t.menu}
          loading={state.isPending || remove.isPending}
        >
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {base.active_version !== null && (
          <Menu.Item leftSection={<IconPower size={16} />} onClick={turn}>
            {base.state === 'active' ? t.switchOff : t.switchOn}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconDownload size={16} />}
          onClick={() => save.mutate([`playbooks/${base.key}.yaml`])}
        >
          {files.saveOne}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
          {t.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
