import { Anchor, Badge, Collapse, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { DifferencesOut, NodeDifferenceOut, SideOut } from '../../api'
import { NEXT } from '../../editor/document'
import { Values } from '../../runs/Values'
import { t as shared } from '../../text'
import { differences as t } from '../../text/trust'
import { isSame } from './changes'
import classes from './versions.module.css'

interface Props {
  found: DifferencesOut
  /** What a block is called, by its key. */
  nameOf: (node: string) => string
  onNode?: (node: string) => void
}

const COLORS = { added: 'green', removed: 'red', changed: 'yellow' }

/** What is different between two versions, in sentences: blocks before and after, connections, settings. */
export function Differences({ found, nameOf, onNode }: Props) {
  if (isSame(found))
    return (
      <Text size="sm" c="dimmed">
        {t.none}
      </Text>
    )
  return (
    <ul className={classes.list} data-testid="differences">
      {found.nodes.map((node) => (
        <NodeDifference key={node.key} node={node} onNode={onNode} />
      ))}
      {found.settings.map((setting) => (
        <li key={setting.key}>
          <Kind change="changed" />
          <div className={classes.told}>
            <b>{setting.label}</b>
            <Sentences before={inWords(setting.before)} after={inWords(setting.after)} />
          </div>
        </li>
      ))}
      {found.edges.map((edge) => (
        <li key={`${edge.change} ${edge.source} ${edge.port} ${edge.target}`}>
          <Kind change={edge.change} />
          <div className={classes.told}>
            {edge.port === NEXT
              ? t.goesOn(nameOf(edge.source), nameOf(edge.target))
              : t.leads(nameOf(edge.source), edge.port, nameOf(edge.target))}
          </div>
        </li>
      ))}
    </ul>
  )
}

function Kind({ change }: { change: keyof typeof COLORS }) {
  return (
    <Badge color={COLORS[change]} className={classes.kind}>
      {t[change]}
    </Badge>
  )
}

function NodeDifference({ node, onNode }: { node: NodeDifferenceOut; onNode?: (node: string) => void }) {
  const side = node.after ?? node.before
  const [open, { toggle }] = useDisclosure(false)
  if (!side) return null
  return (
    <li data-testid={`difference-${node.key}`}>
      <Kind change={node.change} />
      <div className={classes.told}>
        {onNode ? (
          <Anchor
            component="button"
            type="button"
            size="sm"
            fw={600}
            ta="left"
            onClick={() => onNode(node.key)}
          >
            {side.label}
          </Anchor>
        ) : (
          <b>{side.label}</b>
        )}
        {node.change === 'changed' && node.before && node.after ? (
          <>
            <Sentences before={told(node.before)} after={told(node.after)} />
            <Text size="xs" c="dimmed">
              {t.parts(node.parts.join(', '))}{' '}
              <Anchor component="button" type="button" size="xs" aria-expanded={open} onClick={toggle}>
                {t.values}
              </Anchor>
            </Text>
            <Collapse expanded={open}>
              <Stack gap="xs" pt={4}>
                <Values title={t.before} value={partsOf(node.before, node.parts)} />
                <Values title={t.after} value={partsOf(node.after, node.parts)} />
              </Stack>
            </Collapse>
          </>
        ) : (
          <div>{side.sentence}</div>
        )}
      </div>
    </li>
  )
}

const told = (side: SideOut) => side.sentence || side.label

function Sentences({ before, after }: { before: string; after: string }) {
  if (before === after) return <div>{after}</div>
  return (
    <>
      <del className={classes.before}>{before}</del>
      <ins className={classes.after}>{after}</ins>
    </>
  )
}

/** Of a block's configuration, what is different. */
const partsOf = (side: SideOut, parts: string[]) =>
  Object.fromEntries(parts.filter((part) => part in side.config).map((part) => [part, side.config[part]]))

function inWords(value: unknown): string {
  if (value === null || value === undefined) return t.defaultValue
  if (typeof value === 'boolean') return value ? shared.common.yes : shared.common.no
  return String(value).replaceAll('_', ' ')
}
