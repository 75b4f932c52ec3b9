import { ActionIcon, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { type KeyboardEvent, useCallback, useMemo, useState } from 'react'
import type { TestedRecord } from '../../api'
import { WorkflowCanvas } from '../../editor/canvas'
import { nodeOf, startOf } from '../../editor/document'
import { useEditorState } from '../../editor/store'
import { momentAfter } from '../../runs/replay'
import { test as t } from '../../text/trust'
import { StepDetails } from './StepDetails'
import classes from './test.module.css'
import type { Tried } from './useTest'
import { WouldItStart } from './WouldItStart'
import { madeIn, stepTo } from './walk'

interface Props {
  record: TestedRecord
  tried: Tried
  onEdit: (node: string) => void
}

/** One record of a test: would it start, then block by block on the canvas and beside it. */
export function TestedOne({ record, tried, onEdit }: Props) {
  const { document, module } = tried
  const { steps } = record
  const failed = steps.findIndex((step) => step.status === 'failed')
  const [at, setAt] = useState(Math.max(failed, 0))
  const [other, setOther] = useState<string | null>(null)
  const known = useEditorState((state) => (state.draft.document === document ? state.checked : null))
  const start = startOf(document)?.key
  const moment = useMemo(() => momentAfter(steps, steps.length, start), [steps, start])
  const step = steps[at]
  const decorate = useCallback(
    (key: string) => {
      const seen = moment.nodes.get(key)
      if (!seen) return steps.length > 0 ? { status: 'untouched' } : undefined
      return { status: seen.status, badge: seen.times > 1 ? `×${seen.times}` : undefined }
    },
    [moment, steps.length],
  )
  const counts = useMemo(
    () => new Map([...moment.exits].map(([exit, times]) => [exit, times > 1 ? `×${times}` : '✓'])),
    [moment],
  )
  const made = useMemo(() => madeIn(record, module, tried.form), [record, module, tried.form])
  const show = (index: number) => {
    setAt(index)
    setOther(null)
  }
  const choose = (key: string) => {
    const index = steps.findIndex((one) => one.node === key)
    if (index >= 0) show(index)
    else setOther(key)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const to = ownsArrows(event.target) ? null : stepTo(event.key, at, steps.length)
    if (to === null) return
    event.preventDefault()
    show(to)
  }
  return (
    <section
      id="tested-record"
      className={classes.record}
      aria-label={t.steps}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: one stop of the keyboard, where arrow keys walk
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.canvas}>
        <WorkflowCanvas
          document={document}
          module={module}
          nodes={known?.nodes}
          decorate={decorate}
          edgeCounts={counts}
          onNodeClick={choose}
          selected={other ?? step?.node ?? start ?? null}
          label={t.title}
        />
      </div>
      <div className={classes.details} data-testid="test-details">
        <WouldItStart record={record} />
        <Stack gap="sm" mt="sm">
          {steps.length > 0 && (
            <Group className={classes.block} justify="space-between" wrap="nowrap">
              <Text size="sm" fw={600} role="status">
                {t.position(at + 1, steps.length)}
              </Text>
              <Group gap={4} wrap="nowrap">
                <Walk
                  label={t.previous}
                  able={at > 0}
                  onClick={() => show(at - 1)}
                  sign={<IconChevronLeft size={17} />}
                />
                <Walk
                  label={t.next}
                  able={at < steps.length - 1}
                  onClick={() => show(at + 1)}
                  sign={<IconChevronRight size={17} />}
                />
              </Group>
            </Group>
          )}
          {other !== null ? (
            <Text size="sm" c="dimmed">
              {other === start ? t.isStart : t.notReached}
            </Text>
          ) : step ? (
            <StepDetails
              key={step.seq}
              step={step}
              branches={record.branches.filter((one) => one.node === step.node)}
              count={record.branch_count}
              made={made}
              exit={exitOf(step)}
              onEdit={onEdit}
            />
          ) : (
            <Text size="sm" c="dimmed">
              {record.status === null ? '' : t.noSteps}
            </Text>
          )}
        </Stack>
      </div>
    </section>
  )

  function exitOf({ node, port }: { node: string; port: string | null }): string | null {
    const exits = known?.nodes.find((one) => one.key === node)?.ports ?? []
    const isOnly = exits.length < 2 || !nodeOf(document, node)
    return port === null || isOnly ? null : (exits.find((one) => one.key === port)?.label ?? port)
  }
}

interface WalkProps {
  label: string
  able: boolean
  onClick: () => void
  sign: React.ReactNode
}

function Walk({ label, able, onClick, sign }: WalkProps) {
  return (
    <Tooltip label={`${label}. ${t.keys}`}>
      <ActionIcon variant="default" aria-label={label} disabled={!able} onClick={onClick}>
        {sign}
      </ActionIcon>
    </Tooltip>
  )
}

/** Tabs and inputs have uses of their own for arrow keys. */
const ownsArrows = (target: EventTarget) =>
  target instanceof Element && target.closest('[role="tablist"], input, textarea, select, pre') !== null
