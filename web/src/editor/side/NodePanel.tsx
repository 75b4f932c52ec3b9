import { ActionIcon, Alert, Box, Code, Divider, Text, TextInput, Tooltip } from '@mantine/core'
import { IconCopy, IconPlugConnected, IconTrash } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { editor as t } from '../../text/editor'
import { renameNode, type WorkflowNode } from '../document'
import { duplicateSelected, removeSelected } from '../operations'
import { BlockSign } from '../palette/BlockSign'
import { useEditor, useEditorState } from '../store'
import { ConfigForm } from './ConfigForm'
import { ErrorPolicyForm } from './ErrorPolicyForm'
import { PanelTop } from './PanelTop'
import { PreviewRecord } from './PreviewRecord'

/** The form of one block. */
export function NodePanel({ node }: { node: WorkflowNode }) {
  const block = useEditorState((state) => state.known.blocks.get(node.block))
  const readOnly = useEditorState((state) => state.readOnly !== null)
  // As it is filled in now; until that is known, what every block of this kind gives.
  const checked = useEditorState((state) => state.checked?.nodes.find((one) => one.key === node.key))
  const outputs = checked?.outputs ?? block?.outputs ?? {}
  return (
    <Box p="sm">
      <PanelTop
        sign={block && <BlockSign block={block} />}
        title={block?.label ?? t.unknownBlock(node.block)}
        about={block?.description}
      >
        {!readOnly && <NodeActions node={node} />}
      </PanelTop>
      <LabelInput node={node} placeholder={block?.label ?? node.block} readOnly={readOnly} />
      {block ? (
        <>
          <PreviewRecord />
          <ConfigForm node={node} schema={block.config} />
        </>
      ) : (
        <Unknown node={node} />
      )}
      <Divider my="md" />
      <ErrorPolicyForm node={node} />
      <Text size="xs" c="dimmed" mt="md">
        {t.nodeKey} <Code>{node.key}</Code>
      </Text>
      {!readOnly && (
        <Text size="xs" c="dimmed" mt={4} visibleFrom="md">
          {t.nodeKeyMore(outputs, node.key)}
        </Text>
      )}
    </Box>
  )
}

function NodeActions({ node }: { node: WorkflowNode }) {
  const editor = useEditor()
  const actions = [
    {
      label: t.connect,
      sign: IconPlugConnected,
      act: () => editor.ask({ kind: 'connect', from: node.key }),
    },
    { label: t.duplicate, sign: IconCopy, act: () => duplicateSelected(editor) },
    { label: t.remove, sign: IconTrash, act: () => removeSelected(editor) },
  ]
  return actions.map(({ label, sign: Sign, act }) => (
    <Tooltip key={label} label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={act}>
        <Sign size={17} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  ))
}

interface LabelProps {
  node: WorkflowNode
  placeholder: string
  readOnly: boolean
}

function LabelInput({ node, placeholder, readOnly }: LabelProps) {
  const editor = useEditor()
  const pointed = useEditorState((state) => state.pointed)
  const element = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (pointed?.node === node.key && pointed.path.endsWith('/label')) element.current?.focus()
  }, [pointed, node.key])
  return (
    <TextInput
      ref={element}
      label={t.nodeName}
      size="sm"
      mb="sm"
      maxLength={200}
      disabled={readOnly}
      placeholder={placeholder}
      value={node.label ?? ''}
      data-testid="node-name"
      onChange={(event) => {
        const label = event.currentTarget.value
        editor.draw((now) => renameNode(now, node.key, label), { tag: `label ${node.key}` })
      }}
    />
  )
}

function Unknown({ node }: { node: WorkflowNode }) {
  return (
    <>
      <Alert color="orange" title={t.unknownBlock(node.block)} mb="sm">
        {t.unknownBlockHelp}
      </Alert>
      <Text size="sm" mb={4}>
        {t.unknownConfig}
      </Text>
      <Code block>{JSON.stringify(node.config, null, 2)}</Code>
    </>
  )
}
