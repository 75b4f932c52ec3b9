import { Group, Switch, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { api, type BacklogOut, type ListedWorkflow } from '../../api'
import { Status } from '../../parts/Status'
import { sayProblem } from '../../parts/saying'
import { workflows as t } from '../../text/workflows'
import { isAsked } from '../backlog/BacklogQuestion'
import { EnableDialog } from '../backlog/EnableDialog'
import { DisableDialog } from './DisableDialog'
import { useSetState } from './useChanges'

/** On: the workflow starts by itself. Turning it off asks what becomes of runs under way. */
export function StateSwitch({ workflow, over }: { workflow: ListedWorkflow; over: string | null }) {
  const { name, state } = workflow
  const [asking, { open, close }] = useDisclosure(false)
  const { set, pending } = useSetState(workflow)
  const reason = whyNot(workflow, over)
  const [past, setPast] = useState<BacklogOut | null>(null)
  const enable = async () => {
    try {
      const path = { key: workflow.key }
      const { data } = await api.getBacklog({ path, throwOnError: true })
      if (isAsked(data.backlog)) setPast(data.backlog)
      else set({ state: 'active' }, t.enabled(name))
    } catch (error) {
      sayProblem(error, t.notChanged(name))
    }
  }
  const turn = () => (state === 'active' ? open() : void enable())
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
      {past && (
        <EnableDialog
          name={name}
          module={workflow.module}
          found={past}
          onClose={() => setPast(null)}
          onSay={(backlog) => {
            setPast(null)
            set({ state: 'active', backlog }, t.enabled(name))
          }}
        />
      )}
    </Group>
  )
}

function whyNot({ state, active_version }: ListedWorkflow, over: string | null): string | null {
  if (state === 'archived') return t.archivedSwitch
  if (active_version === null) return t.notPublished
  return state === 'active' ? null : over
}
