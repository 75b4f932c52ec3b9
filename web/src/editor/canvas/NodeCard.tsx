import { Handle, type NodeProps, Position as Side } from '@xyflow/react'
import { memo } from 'react'
import { spoken } from '../../playbooks/spoken'
import { editor as t } from '../../text/editor'
import { ERROR, START } from '../document'
import { exitAt, sizeOf } from '../layout'
import { useCanvasActions } from './actions'
import classes from './canvas.module.css'
import type { Card, FlowNode } from './flow'
import { hueOf, iconOf, START_ICON, UNKNOWN_ICON } from './icons'

/** One block on the canvas: what it is, what it does in a line, whether something is wrong, and its exits. */
export const NodeCard = memo(function NodeCard({ data, selected, dragging }: NodeProps<FlowNode>) {
  const { node, look } = data
  const { width } = sizeOf(look.exits.length)
  const isStart = node.block === START
  return (
    <div
      className={classes.card}
      data-testid={`node-${node.key}`}
      data-node={node.key}
      data-selected={selected || undefined}
      data-dragging={dragging || undefined}
      data-start={isStart || undefined}
      data-unknown={isUnknown(data) || undefined}
      data-status={look.decoration?.status}
      style={{ '--hue': isStart ? 'var(--mantine-color-accent-6)' : hueColor(data) } as React.CSSProperties}
    >
      {!isStart && <Handle type="target" id="in" position={Side.Top} className={classes.entry} />}
      <Face {...data} />
      {look.exits.length > 1 && <ExitLabels card={data} />}
      {look.exits.map((exit, index) => (
        <ExitDot
          key={exit.key}
          card={data}
          port={exit.key}
          label={exit.label}
          left={exitAt(index, look.exits.length, width)}
        />
      ))}
    </div>
  )
})

const isUnknown = (card: Card) => card.node.block !== START && !card.block
const hueColor = (card: Card) => `var(--mantine-color-${hueOf(card.block?.group ?? '')}-6)`

/** What a card is called: the person's own words, or the block's. */
export function titleOf({ node, block }: Pick<Card, 'node' | 'block'>): string {
  return (
    (node.label && spoken(node.label)) ||
    (node.block === START ? t.start : (block?.label ?? t.unknownBlock(node.block)))
  )
}

function Face(card: Card) {
  const { node, block, look } = card
  const Sign = node.block === START ? START_ICON : block ? iconOf(block.icon) : UNKNOWN_ICON
  const line = look.decoration?.note ?? (isUnknown(card) ? t.unknownBlockMore : spoken(look.summary))
  return (
    <div className={classes.face}>
      <span className={classes.sign}>
        <Sign size={18} stroke={1.8} aria-hidden />
      </span>
      <span className={classes.words}>
        <span className={classes.title}>{titleOf(card)}</span>
        <span className={classes.line}>{line}</span>
      </span>
      {look.decoration?.badge && <span className={classes.badge}>{look.decoration.badge}</span>}
      {look.errors > 0 ? (
        <span className={classes.errors} role="img" aria-label={t.problemCount(look.errors)}>
          {look.errors}
        </span>
      ) : (
        look.advice > 0 && (
          <span className={classes.advice} role="img" aria-label={t.adviceCount(look.advice)}>
            {look.advice}
          </span>
        )
      )}
    </div>
  )
}

function ExitLabels({ card: { look } }: { card: Card }) {
  return (
    <div className={classes.exits}>
      {look.exits.map((exit) => (
        <span key={exit.key} data-port={toneOf(exit.key)} title={exit.label}>
          {exit.label}
        </span>
      ))}
    </div>
  )
}

/** True and false and failing look the same everywhere; other exits are plain. */
function toneOf(port: string): string | undefined {
  return port === ERROR || port === 'true' || port === 'false' ? port : undefined
}

interface DotProps {
  card: Card
  port: string
  label: string
  left: number
}

function ExitDot({ card, port, label, left }: DotProps) {
  const { addAfter } = useCanvasActions()
  const { key } = card.node
  return (
    <Handle
      type="source"
      id={port}
      position={Side.Bottom}
      className={classes.exit}
      data-port={toneOf(port)}
      data-testid={`handle-${key}-${port}`}
      data-read-only={card.readOnly || undefined}
      isConnectable={!card.readOnly}
      style={{ left }}
      title={card.readOnly ? undefined : t.exitTip(label)}
      onClick={(event) => {
        if (!card.readOnly) addAfter?.({ key, port }, { x: event.clientX, y: event.clientY })
      }}
    />
  )
}
