import { List, Text } from '@mantine/core'
import { format } from '../../text'
import { editor as t } from '../../text/editor'
import { titleOf } from '../canvas/NodeCard'
import type { WorkflowNode } from '../document'
import type { Differences } from '../merge'
import { useEditorState } from '../store'

/** What one side did, in words. */
export function DifferenceList({ title, found }: { title: string; found: Differences }) {
  const blocks = useEditorState((state) => state.known.blocks)
  const names = (nodes: WorkflowNode[]) =>
    nodes.map((node) => titleOf({ node, block: blocks.get(node.block) }))
  const lines = [
    ...(['added', 'changed', 'removed', 'moved'] as const).flatMap((kind) =>
      found[kind].length > 0 ? [{ kind, text: t.did[kind](shortList(names(found[kind]))) }] : [],
    ),
    ...(found.connections > 0 ? [{ kind: 'connections', text: t.did.connections(found.connections) }] : []),
    ...(found.said.length > 0
      ? [{ kind: 'said', text: t.did.said(format.list(found.said.map((name) => t.said[name]))) }]
      : []),
  ]
  return (
    <section aria-label={title}>
      <Text fw={600} size="sm" mb={4}>
        {title}
      </Text>
      {lines.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.did.nothing}
        </Text>
      )}
      <List size="sm" spacing={2}>
        {lines.map((line) => (
          <List.Item key={line.kind}>{line.text}</List.Item>
        ))}
      </List>
    </section>
  )
}

function shortList(names: string[]): string {
  const shown = names.slice(0, 5).map((name) => `“${name}”`)
  return format.list(names.length > 5 ? [...shown, t.did.more(names.length - 5)] : shown)
}
