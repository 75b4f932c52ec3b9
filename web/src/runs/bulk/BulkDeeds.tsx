import { Button, Group, Menu } from '@mantine/core'
import { IconChevronDown, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import { bulk as t } from '../../text/bulk'
import { type Counts, isOpen, remaining } from './shape'
import type { useBulkDeeds } from './useBulkDeeds'

interface Props {
  run: Counts
  deeds: ReturnType<typeof useBulkDeeds>
  /** Running the failed ones again would be in vain: that is offered elsewhere, after the reason. */
  fixFirst: boolean
}

/** The buttons of a bulk run: pause, resume and cancel while it is under way, run again afterwards. */
export function BulkDeeds({ run, deeds, fixFirst }: Props) {
  if (isOpen(run))
    return (
      <Group gap="xs">
        {run.status === 'paused' ? (
          <Button leftSection={<IconPlayerPlay size={16} />} loading={deeds.busy} onClick={deeds.resume}>
            {t.resume}
          </Button>
        ) : (
          <Button
            variant="default"
            leftSection={<IconPlayerPause size={16} />}
            loading={deeds.busy}
            onClick={deeds.pause}
          >
            {t.pause}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} />}
          loading={deeds.busy}
          onClick={deeds.cancel}
        >
          {t.cancel}
        </Button>
      </Group>
    )
  return <RunAgain run={run} deeds={deeds} fixFirst={fixFirst} />
}

function RunAgain({ run, deeds, fixFirst }: Props) {
  const left = remaining(run)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" loading={deeds.busy} rightSection={<IconChevronDown size={16} />}>
          {t.rerun}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {run.failed > 0 && !fixFirst && (
          <Menu.Item onClick={() => deeds.rerun('failed')}>{t.rerunFailed(run.failed)}</Menu.Item>
        )}
        {left > 0 && <Menu.Item onClick={() => deeds.rerun('remaining')}>{t.rerunRemaining(left)}</Menu.Item>}
        <Menu.Item onClick={() => deeds.rerun('all')}>{t.rerunMatching}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
