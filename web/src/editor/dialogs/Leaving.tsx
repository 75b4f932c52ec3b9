import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useBlocker } from 'react-router'
import { editor as t } from '../../text/editor'
import { useOpenWorkflow } from '../page'
import { useEditorState } from '../store'

/** Going to another page saves first; where that cannot be done now, one is asked. */
export function Leaving() {
  const { saver, save } = useOpenWorkflow()
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const [asked, setAsked] = useState(false)
  const blocker = useBlocker(
    ({ currentLocation: from, nextLocation: to }) =>
      from.pathname !== to.pathname && !readOnly && !saver.settled && !leftForGood(to.state),
  )
  useEffect(() => {
    if (blocker.state !== 'blocked') return setAsked(false)
    let current = true
    void save().then((saved) => {
      if (!current) return
      if (saved) blocker.proceed()
      else setAsked(true)
    })
    return () => {
      current = false
    }
  }, [blocker, save])
  if (blocker.state !== 'blocked' || !asked) return null
  return (
    <Modal opened onClose={blocker.reset} title={t.leave.title}>
      <Stack gap="md">
        <Text size="sm">{t.leave.about}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={blocker.proceed}>
            {t.leave.leave}
          </Button>
          <Button onClick={blocker.reset} data-autofocus>
            {t.leave.stay}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** The workflow was deleted just now: there is nothing to save any more. */
const leftForGood = (state: unknown) =>
  typeof state === 'object' && state !== null && 'left' in state && state.left === true
