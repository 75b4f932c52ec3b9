import { Alert, Anchor, Button, Group, NumberInput, Paper, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck, IconInfoCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { NextStage, ScaleUpOut, StageOut } from '../../api'
import { format } from '../../text'
import { stages as t } from '../../text/stages'
import { EnableDialog } from '../backlog/EnableDialog'
import type { Decisions } from './useScaleUp'

interface Props {
  scaleUp: ScaleUpOut
  decisions: Decisions
}

/** Before the first stage: how many records there are, and with how many one begins. */
export function Begin({ scaleUp, decisions }: Props) {
  const { left, next } = scaleUp
  const module = scaleUp.module_label ?? ''
  if (scaleUp.reason !== null) return <NotNow scaleUp={scaleUp} />
  if (!next || !left)
    return (
      <Alert color="gray" icon={<IconInfoCircle aria-hidden />} title={t.notNow}>
        {scaleUp.by_dates ? t.leftNoneByDates : t.leftNone}
      </Alert>
    )
  return (
    <Paper className="surface" withBorder p="md" component="section" data-testid="begin">
      <Title order={2}>{scaleUp.status === null ? t.beginTitle : t.again}</Title>
      <Text size="sm" mt={4}>
        {t.left(left, module, scaleUp.by_dates)} {scaleUp.by_dates && t.notBefore}
      </Text>
      <Text size="sm" c="dimmed" mt={4} maw={720}>
        {t.beginAbout}
      </Text>
      <Sized next={next} busy={decisions.busy} label={t.begin} onSay={decisions.begin} />
    </Paper>
  )
}

/** After a stage: it looks right and the next one begins, or one stops here. */
export function Decide({ scaleUp, decisions, stage }: Props & { stage: StageOut }) {
  const { left, next } = scaleUp
  const stop = (
    <Button variant="default" loading={decisions.busy} onClick={decisions.stop}>
      {t.stop}
    </Button>
  )
  return (
    <Paper className="surface" withBorder p="md" component="section" data-testid="decide">
      <Title order={2}>{t.ask}</Title>
      <Stack gap="xs" mt={4}>
        <Text size="sm" c="dimmed">
          {t.askAbout}
        </Text>
        {stage.failed > 0 && (
          <Text size="sm" c="var(--mantine-color-error)">
            {t.askFailed(stage.failed)}
          </Text>
        )}
        {scaleUp.redrawn && (
          <Alert color="orange" title={t.redrawnTitle} data-testid="redrawn">
            {t.redrawn(stage.version)}
          </Alert>
        )}
        {scaleUp.reason !== null && <NotNow scaleUp={scaleUp} />}
        {left !== null && (
          <Text size="sm">{left > 0 ? t.leftMore(left, scaleUp.module_label ?? '') : t.allDone}</Text>
        )}
      </Stack>
      {next ? (
        <Sized
          key={stage.nr}
          next={next}
          busy={decisions.busy}
          label={() => t.next}
          onSay={(size) => decisions.next(stage.nr, size)}
        >
          {stop}
        </Sized>
      ) : (
        <Group mt="sm" gap="xs">
          {left === 0 && (
            <Button loading={decisions.busy} onClick={() => decisions.finish(stage.nr)}>
              {t.last}
            </Button>
          )}
          {stop}
        </Group>
      )}
    </Paper>
  )
}

interface SizedProps {
  next: NextStage
  busy: boolean
  label: (size: number) => string
  onSay: (size: number) => void
  children?: React.ReactNode
}

/** How many records the next stage takes, and the button that begins it. */
function Sized({ next, busy, label, onSay, children }: SizedProps) {
  const [size, setSize] = useState<number | string>(next.suggested)
  const valid = typeof size === 'number' && size >= 1 && size <= next.most
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (valid) onSay(size)
      }}
    >
      <NumberInput
        mt="sm"
        w={220}
        label={t.size}
        description={t.sizeMost(format.number(next.most))}
        min={1}
        max={next.most}
        clampBehavior="strict"
        allowDecimal={false}
        allowNegative={false}
        {...separators()}
        value={size}
        onChange={setSize}
      />
      <Group mt="sm" gap="xs">
        <Button type="submit" loading={busy} disabled={!valid}>
          {label(typeof size === 'number' ? size : 0)}
        </Button>
        {children}
      </Group>
    </form>
  )
}

/** "1,000", or "1.000", as the reader writes it. */
function separators() {
  const thousands = format.number(11_111).replace(/\d/g, '')
  return { thousandSeparator: thousands || ' ', decimalSeparator: thousands === ',' ? '.' : ',' }
}

/** Why there can be no stage, and where that is changed. */
function NotNow({ scaleUp }: { scaleUp: ScaleUpOut }) {
  return (
    <Alert color="orange" icon={<IconInfoCircle aria-hidden />} title={t.notNow} data-testid="not-now">
      <Text size="sm">{scaleUp.reason}</Text>
      <Anchor component={Link} to={`/workflows/${scaleUp.workflow.key}`} size="sm">
        {t.openWorkflow}
      </Anchor>
    </Alert>
  )
}

/** After the last stage: activate what the stages ran. */
export function Finished({ scaleUp, decisions }: Props) {
  const active = scaleUp.workflow.state === 'active'
  const { past, activate, forget } = decisions
  return (
    <Alert
      color={scaleUp.redrawn ? 'orange' : 'green'}
      icon={<IconCircleCheck aria-hidden />}
      title={t.finishedTitle}
      data-testid="finished"
    >
      <Text size="sm">{active ? t.isActive : scaleUp.redrawn ? t.finishedRedrawn : t.finishedAbout}</Text>
      {!active && !scaleUp.redrawn && (
        <Button mt="sm" loading={decisions.busy} onClick={() => activate()}>
          {t.activate}
        </Button>
      )}
      {past && (
        <EnableDialog
          name={scaleUp.workflow.name}
          module={scaleUp.module}
          found={past}
          staged
          onClose={forget}
          onSay={activate}
        />
      )}
    </Alert>
  )
}
