import { Alert, Button, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Workflow } from '../../api'
import { When } from '../../parts/When'
import { editor as t } from '../../text/editor'
import { differences, merge, type Side } from '../merge'
import { useOpenWorkflow } from '../page'
import { draftOf } from '../saving/useSaver'
import { type Other, useEditor, useEditorState } from '../store'
import { ClashList } from './ClashList'
import { DifferenceList } from './DifferenceList'

/** Shown when somebody else saved in between: what each did, and what shall become of it. */
export function ConflictDialog() {
  const { saver } = useOpenWorkflow()
  const by = useEditorState((now) => now.other)
  const state = useStore(saver.state)
  if (state.kind !== 'conflict') return null
  return <Question key={state.theirs.etag} theirs={state.theirs} by={by} />
}

function Question({ theirs, by }: { theirs: Workflow; by: Other | null }) {
  const editor = useEditor()
  const { saver } = useOpenWorkflow()
  const known = useEditorState((state) => state.known)
  const mine = useEditorState((state) => state.draft)
  const [base] = useState(saver.base)
  const other = useMemo(() => draftOf(theirs, known), [theirs, known])
  const [choices, setChoices] = useState<ReadonlyMap<string, Side>>(new Map())
  const { draft: merged, clashes } = useMemo(
    () => merge(base, mine, other, choices),
    [base, mine, other, choices],
  )
  const open = clashes.filter((clash) => !choices.has(clash.key)).length
  const settle = (draft: typeof mine) => {
    if (draft !== mine) editor.change(draft)
    saver.resolve(theirs)
  }
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      size="xl"
      title={t.conflict.title}
    >
      <Stack gap="md" data-testid="conflict">
        <Text size="sm">
          {by?.self ? t.conflict.whoYou : t.conflict.who(by?.name ?? t.somebody)}{' '}
          <When at={theirs.updated_at} />. {t.conflict.about}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <DifferenceList title={t.conflict.mine} found={differences(base, mine)} />
          <DifferenceList title={theirsTitle(by)} found={differences(base, other)} />
        </SimpleGrid>
        {clashes.length === 0 ? (
          <Alert color="green" variant="light">
            {t.conflict.fits}
          </Alert>
        ) : (
          <ClashList
            clashes={clashes}
            choices={choices}
            onChoose={(key, side) => setChoices((now) => new Map([...now, [key, side]]))}
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => settle(other)}>
            {t.conflict.takeTheirs}
          </Button>
          <Button variant="default" onClick={() => settle(mine)}>
            {t.conflict.keepMine}
          </Button>
          <Button disabled={open > 0} onClick={() => settle(merged)} data-autofocus>
            {open > 0 ? t.conflict.chooseFirst(open) : t.conflict.merge}
          </Button>
        </Group>
        <Text size="xs" c="dimmed" ta="right">
          {t.conflict.undo}
        </Text>
      </Stack>
    </Modal>
  )
}

function theirsTitle(by: Other | null): string {
  if (!by) return t.conflict.theirsUnknown
  return by.self ? t.conflict.theirsYou : t.conflict.theirs(by.name)
}
