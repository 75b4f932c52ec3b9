import { Group, Switch, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ListedWorkflow } from '../../api'
import { Status } from '../../parts/Status'
import { workflows as t } from '../../text/workflows'
import { DisableDialog } from './DisableDialog'
import { useSetState } from './useChanges'

/** On: the workflow starts by itself. Turning it off asks what becomes of runs under way. */
export function StateSwitch({ workflow, over }: { workflow: ListedWorkflow; over: string | null }) {
  const { name, state } = workflow
  const [asking, { open, close }] = useDisclosure(false)
  const { set, pending } = useSetState(workflow)
  const reason = whyNot(workflow, over)
  const turn = () => (state === 'active' ? open() : set({ state: 'active' }, t.enabled(name)))
  return (
    <Group gap={8} wrap="nowrap">
      <Tooltip label={reason} disabled={!reason} multiline maw={280}>
        <Switch
          size="sm"
          checked={state === 'active'}
          disabled={pending}
          aria-disabled={Boolean(reason)}
          aria-description={reason ?? undefined}
          onChange={() => reason || turn()}
          aria-label={t.toggle(name)}
          data-testid={`state-switch-${workflow.key}`}
          style={reason ? { opacity: 0.5 } : undefined}
        />
      </Tooltip>
      <Status of={state} />
      {workflow.paused && <Status of="held" label={t.paused} />}
      <DisableDialog
        name={name}
        opened={asking}
        onClose={close}
        onSay={(inFlight) => {
          close()
          set({ state: 'disabled', in_flight: inFlight }, t.disabled(name))
        }}
      />
    </Group>
  )
}

function whyNot({ state, active_version }: ListedWorkflow, over: string | null): string | null {
  if (state === 'archived') return t.archivedSwitch
  if (active_version === null) return t.notPublished
  return state === 'active' ? null : over
}
