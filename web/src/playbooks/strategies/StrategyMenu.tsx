import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconDownload, IconPower, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { deleteStrategyMutation, queries, type StrategyOut, setStrategyStateMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import { files } from '../../text/files'
import { strategies as t } from '../../text/strategies'
import { useSaveFiles } from '../../workflows/files/saving'

interface Props {
  strategy: StrategyOut
  onChanged: (now: StrategyOut) => void
}

/** Switch a strategy on or off, and remove it. */
export function StrategyMenu({ strategy, onChanged }: Props) {
  const navigate = useNavigate()
  const path = { key: strategy.key }
  const save = useSaveFiles()
  const on = strategy.state === 'active'
  const state = useMutation({
    ...setStrategyStateMutation(),
    onSuccess: (now) => {
      onChanged(now)
      sayDone(now.state === 'active' ? t.switchedOn : t.switchedOff)
    },
    onError: (error) => sayProblem(error, t.notSwitched),
  })
  const remove = useMutation({
    ...deleteStrategyMutation(),
    onSuccess: () => {
      sayDone(t.removed)
      queries.invalidateQueries({ queryKey: [{ _id: 'listStrategies' }] })
      navigate('/strategies')
    },
    onError: (error) => sayProblem(error, t.notRemoved),
  })
  const turn = async () => {
    if (!on) return state.mutate({ path, body: { state: 'active' } })
    const question = { title: t.offTitle(strategy.name), about: t.offAbout, yes: t.switchOff }
    if (await confirm(question)) state.mutate({ path, body: { state: 'disabled' } })
  }
  const ask = async () => {
    const question = {
      title: t.removeTitle(strategy.name),
      about: t.removeAbout,
      yes: t.remove,
      danger: true,
    }
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
        {strategy.state !== 'draft' && (
          <Menu.Item leftSection={<IconPower size={16} />} onClick={turn}>
            {on ? t.switchOff : t.switchOn}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconDownload size={16} />}
          onClick={() => save.mutate([`strategies/${strategy.key}.yaml`])}
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
