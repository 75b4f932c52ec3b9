import { ActionIcon, Box, Group, Slider, Stack, Text, Tooltip } from '@mantine/core'
import {
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
} from '@tabler/icons-react'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import type { DrawingOut, WholeRun } from '../api'
import { WorkflowCanvas } from '../editor/canvas'
import { readDocument, startOf } from '../editor/document'
import { format } from '../text'
import { runs as words } from '../text/runs'
import { itemsOf, momentAfter } from './replay'

const PACE = 900 // milliseconds for each block while it plays

interface Props {
  run: WholeRun
  drawing: DrawingOut
  /** How many steps are shown as done. */
  count: number
  onCount: (count: number | null) => void
  /** The block that was chosen on the canvas. */
  chosen: string | null
  onChoose: (node: string | null) => void
  /** What lies over the canvas. */
  children?: ReactNode
}

/** The workflow as the run went through it, at any moment of it: forwards, backwards, or played. */
export function ReplayCanvas({ run, drawing, count, onCount, chosen, onChoose, children }: Props) {
  const document = useMemo(() => readDocument(drawing.document), [drawing])
  const start = startOf(document)?.key
  const moment = useMemo(() => momentAfter(run.steps, count, start), [run.steps, count, start])
  const last = run.steps[count - 1]?.node
  const whole = count === run.steps.length
  const decorate = useCallback(
    (key: string) => {
      const seen = moment.nodes.get(key)
      const standsHere = whole && run.node === key
      if (!seen && !standsHere) return undefined
      return {
        status: standsHere ? run.status : seen?.status,
        badge: seen && seen.times > 1 ? `×${seen.times}` : undefined,
      }
    },
    [moment, whole, run.node, run.status],
  )
  const taken = useMemo(() => {
    const all = new Map([...moment.exits, ...itemsOf(run.branches, moment)])
    return new Map([...all].map(([exit, times]) => [exit, times > 1 ? `×${format.number(times)}` : '✓']))
  }, [moment, run.branches])
  const choose = (key: string) => {
    const at = run.steps.findLastIndex((step) => step.node === key)
    if (at >= 0) onCount(at + 1)
    onChoose(key === start ? null : key)
  }
  return (
    <Stack h="100%" gap={0}>
      <Box flex={1} mih={0} pos="relative">
        <WorkflowCanvas
          document={document}
          module={drawing.module}
          nodes={drawing.nodes}
          decorate={decorate}
          edgeCounts={taken}
          onNodeClick={choose}
          selected={chosen ?? last ?? null}
          label={words.replay}
        />
        {children}
      </Box>
      {run.steps.length > 0 && <Player length={run.steps.length} count={count} onCount={onCount} />}
    </Stack>
  )
}

function Player({
  length,
  count,
  onCount,
}: {
  length: number
  count: number
  onCount: (count: number | null) => void
}) {
  const [plays, setPlays] = useState(false)
  useEffect(() => {
    if (!plays) return
    if (count >= length) return setPlays(false)
    const timer = setTimeout(() => onCount(count + 1), PACE)
    return () => clearTimeout(timer)
  }, [plays, count, length, onCount])
  const toggle = () => {
    if (!plays && count >= length) onCount(0)
    setPlays(!plays)
  }
  const button = (label: string, sign: React.ReactNode, act: () => void, disabled = false) => (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={act} disabled={disabled}>
        {sign}
      </ActionIcon>
    </Tooltip>
  )
  return (
    <Box
      px="xs"
      py={6}
      role="group"
      aria-label={words.replay}
      data-testid="replay"
      style={{ borderTop: '1px solid var(--line)' }}
    >
      <Group gap={4} wrap="nowrap">
        {button(
          words.previous,
          <IconPlayerSkipBack size={16} />,
          () => onCount(Math.max(0, count - 1)),
          count === 0,
        )}
        {button(
          plays ? words.pause : words.play,
          plays ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />,
          toggle,
        )}
        {button(
          words.next,
          <IconPlayerSkipForward size={16} />,
          () => onCount(Math.min(length, count + 1)),
          count >= length,
        )}
        <Slider
          flex={1}
          size="sm"
          mx={6}
          min={0}
          max={length}
          value={count}
          onChange={onCount}
          label={null}
          thumbLabel={words.replay}
        />
        <Text size="xs" c="dimmed" miw={52}>
          {words.position(count, length)}
        </Text>
      </Group>
    </Box>
  )
}
