import { Loader, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconCloudCheck, IconCloudOff } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { format } from '../../text'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { useOpenWorkflow } from '../page'
import type { SaveState } from '../saving/saver'
import { useEditorState } from '../store'

/** Whether the server has what one sees. Pressing it saves at once. */
export function SaveStateSign() {
  const { saver, save } = useOpenWorkflow()
  const state = useStore(saver.state)
  const readOnly = useEditorState((now) => now.readOnly !== null)
  const words = useWords(state)
  if (readOnly) return null
  const bad = state.kind === 'offline' || state.kind === 'refused' || state.kind === 'conflict'
  return (
    <Tooltip label={explained(state)} multiline maw={320}>
      <UnstyledButton onClick={() => void save()} data-testid="save-state" data-state={state.kind} px={4}>
        <Text
          size="xs"
          c={bad ? 'var(--mantine-color-error)' : 'dimmed'}
          style={{ display: 'flex', gap: 5, alignItems: 'center', whiteSpace: 'nowrap' }}
        >
          <Sign kind={state.kind} />
          <span role="status" className={bad ? undefined : classes.quiet}>
            {words}
          </span>
        </Text>
      </UnstyledButton>
    </Tooltip>
  )
}

function Sign({ kind }: Pick<SaveState, 'kind'>) {
  if (kind === 'saving') return <Loader size={13} color="gray" aria-hidden />
  if (kind === 'offline') return <IconCloudOff size={15} aria-hidden />
  if (kind === 'refused' || kind === 'conflict') return <IconAlertTriangle size={15} aria-hidden />
  return <IconCloudCheck size={15} aria-hidden opacity={kind === 'saved' ? 1 : 0.4} />
}

function explained(state: SaveState): string {
  if (state.kind === 'offline') return t.save.offlineMore
  if (state.kind === 'refused') {
    const { problem } = state
    const told = problem.problems.slice(0, 3).map((one) => one.message)
    return [problem.message, ...told, problem.suggestion].filter(Boolean).join(' ')
  }
  if (state.kind === 'conflict') return t.save.conflictMore
  return t.save.byItself
}

/** In words; "3 s ago" grows older by itself. */
function useWords(state: SaveState): string {
  const [now, setNow] = useState(Date.now)
  const at = state.kind === 'saved' ? state.at : null
  useEffect(() => {
    setNow(Date.now())
    if (at === null) return
    const timer = setInterval(() => setNow(Date.now()), Date.now() - at < 60_000 ? 1_000 : 15_000)
    return () => clearInterval(timer)
  }, [at])
  if (state.kind !== 'saved') return t.save[state.kind]
  if (at === null) return t.save.saved
  return now - at < 1_500 ? t.save.savedNow : t.save.savedAgo(format.relative(at, Math.max(now, at)))
}
