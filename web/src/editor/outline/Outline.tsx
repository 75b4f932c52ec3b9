import { ActionIcon, Group, ScrollArea, Select, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { Port } from '../../api'
import { editor as t } from '../../text/editor'
import { START_ICON } from '../canvas/icons'
import { useLooks } from '../canvas/useLooks'
import { disconnect, edgeAt, readingOrder, START, type WorkflowNode } from '../document'
import classes from '../editor.module.css'
import { nodeTitle } from '../naming'
import { connectExit } from '../operations'
import { BlockSign } from '../palette/BlockSign'
import { useEditor, useEditorState } from '../store'

/** The workflow as a list, in the order in which it is read: for the ears, for the keyboard, and to proof-read. */
export function Outline() {
  const document = useEditorState((state) => state.draft.document)
  const nodes = readingOrder(document)
  return (
    <ScrollArea className={classes.outline} data-testid="outline">
      <Text size="sm" c="dimmed" mb="sm">
        {t.outlineAbout}
      </Text>
      <ol className={classes.steps} aria-label={t.canvasLabel}>
        {nodes.map((node, index) => (
          <Step key={node.key} node={node} number={index} />
        ))}
      </ol>
    </ScrollArea>
  )
}

function Step({ node, number }: { node: WorkflowNode; number: number }) {
  const editor = useEditor()
  const look = useLooks()(node)
  const block = useEditorState((state) => state.known.blocks.get(node.block))
  const title = useEditorState((state) => nodeTitle(state.draft.document, state.known.blocks, node.key))
  const selected = useEditorState((state) => state.selected.includes(node.key))
  return (
    <li className={classes.step} data-selected={selected || undefined} data-testid={`outline-${node.key}`}>
      <UnstyledButton
        className={classes.stepTitle}
        aria-pressed={selected}
        onClick={() => editor.select([node.key])}
      >
        {block ? <BlockSign block={block} /> : node.block === START && <START_ICON size={20} aria-hidden />}
        <span>
          <b>{number === 0 ? title : `${number}. ${title}`}</b>
          <span className={classes.stepLine}>{look.summary}</span>
        </span>
        {look.errors > 0 && <span className={classes.errors}>{t.problemCount(look.errors)}</span>}
      </UnstyledButton>
      <ul className={classes.stepExits}>
        {look.exits.map((exit) => (
          <ExitRow key={exit.key} node={node} exit={exit} title={title} />
        ))}
      </ul>
    </li>
  )
}

const NOWHERE = ''

function ExitRow({ node, exit, title }: { node: WorkflowNode; exit: Port; title: string }) {
  const editor = useEditor()
  const document = useEditorState((state) => state.draft.document)
  const blocks = useEditorState((state) => state.known.blocks)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const place = { key: node.key, port: exit.key }
  const targets = readingOrder(document).filter((one) => one.block !== START && one.key !== node.key)
  const choose = (to: string | null) => {
    if (to) connectExit(editor, place, to)
    else editor.draw((now) => disconnect(now, [place]))
  }
  return (
    <li>
      <Group gap={6} wrap="nowrap">
        <Text size="sm" w={110} truncate component="span">
          {exit.label}
        </Text>
        <Select
          size="xs"
          flex={1}
          maw={340}
          searchable
          disabled={readOnly}
          aria-label={t.exitLeadsTo(title, exit.label)}
          data={[
            { value: NOWHERE, label: t.nowhere },
            ...targets.map((one) => ({
              value: one.key,
              label: `${nodeTitle(document, blocks, one.key)} (${one.key})`,
            })),
          ]}
          value={edgeAt(document, place)?.to ?? NOWHERE}
          onChange={choose}
        />
        {!readOnly && (
          <Tooltip label={t.addAfterExit(title, exit.label)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t.addAfterExit(title, exit.label)}
              onClick={() => editor.ask({ kind: 'add', after: place })}
            >
              <IconPlus size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    </li>
  )
}
