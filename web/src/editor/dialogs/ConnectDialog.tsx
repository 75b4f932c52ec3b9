import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { t as shared } from '../../text'
import { editor as t } from '../../text/editor'
import { disconnect, edgeAt, nodeOf, readingOrder, START } from '../document'
import { nodeTitle, useNodeTitle } from '../naming'
import { connectExit } from '../operations'
import { exitsIn, useEditor, useEditorState } from '../store'

const NOWHERE = ''
const NEW = '+'

/** Connect without a mouse: by which exit, and to which block. */
export function ConnectDialog({ from }: { from: string }) {
  const editor = useEditor()
  const title = useNodeTitle(from)
  const document = useEditorState((state) => state.draft.document)
  const blocks = useEditorState((state) => state.known.blocks)
  const [node] = useState(() => nodeOf(document, from))
  const exits = node ? exitsIn(editor.state, node) : []
  const [port, setPort] = useState(
    () => (exits.find((exit) => !edgeAt(document, { key: from, port: exit.key })) ?? exits[0])?.key ?? null,
  )
  const leadsTo = port ? edgeAt(document, { key: from, port })?.to : undefined
  const [chosen, setChosen] = useState<string | null>(null)
  const target = chosen ?? leadsTo ?? null
  const close = () => {
    editor.ask(null)
    editor.surface?.element.focus({ preventScroll: true })
  }
  const connect = () => {
    if (!port || target === null) return
    close()
    if (target === NEW) return editor.ask({ kind: 'add', after: { key: from, port } })
    if (target === NOWHERE) editor.draw((now) => disconnect(now, [{ key: from, port }]))
    else connectExit(editor, { key: from, port }, target)
  }
  const targets = readingOrder(document)
    .filter((one) => one.block !== START && one.key !== from)
    .map((one) => ({ value: one.key, label: named(nodeTitle(document, blocks, one.key), one.key) }))
  return (
    <Modal opened onClose={close} title={t.connectTitle(title)} returnFocus={false}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          connect()
        }}
      >
        <Stack gap="sm">
          {exits.length === 0 && <Text size="sm">{t.noExits}</Text>}
          {exits.length > 1 && (
            <Select
              label={t.exit}
              data={exits.map((exit) => ({ value: exit.key, label: exit.label }))}
              value={port}
              onChange={(value) => {
                setPort(value)
                setChosen(null)
              }}
            />
          )}
          <Select
            data-autofocus
            label={t.leadsTo}
            placeholder={t.chooseTarget}
            searchable
            selectFirstOptionOnChange
            nothingFoundMessage={t.noBlockFound}
            data={[
              { value: NEW, label: t.newBlock },
              ...(leadsTo ? [{ value: NOWHERE, label: t.nowhere }] : []),
              ...targets,
            ]}
            value={target}
            onChange={setChosen}
            data-testid="connect-target"
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" disabled={!port || target === null}>
              {t.connect}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Several blocks may be called the same: their keys tell them apart. */
const named = (title: string, key: string) => `${title} (${key})`
