import { Badge, Button, Checkbox, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { PackReport, PackStep } from '../../api'
import { settings } from '../../text/settings'

const words = settings.packs
const COLORS: Record<string, string> = {
  add: 'green',
  change: 'blue',
  remove: 'red',
  keep: 'gray',
  conflict: 'orange',
}

interface Props {
  report: PackReport
  title: string
  /** What the button that does it says; none: it was done, or there is nothing to do. */
  doIt?: string
  busy?: boolean
  onDo?: (take: string[]) => void
  onClose: () => void
}

/** What an update or a removal of a pack would do, or did: each thing, and what is kept and why. */
export function Report({ report, title, doIt, busy, onDo, onClose }: Props) {
  const [take, setTake] = useState<ReadonlySet<string>>(new Set())
  const toggle = (name: string, wanted: boolean) =>
    setTake((now) => {
      const next = new Set(now)
      if (wanted) next.add(name)
      else next.delete(name)
      return next
    })
  const choosable = doIt === words.updateNow
  return (
    <Modal opened onClose={onClose} title={title} size="xl">
      <Stack gap="sm">
        {report.steps.length === 0 && report.notes.length === 0 && <Text>{words.upToDate}</Text>}
        {report.notes.map((note) => (
          <Text key={note} size="sm">
            {note}
          </Text>
        ))}
        {report.steps.length > 0 && (
          <Table.ScrollContainer minWidth={520}>
            <Table verticalSpacing={6} aria-label={title}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{words.what}</Table.Th>
                  <Table.Th>{words.happens}</Table.Th>
                  <Table.Th>{words.why}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {report.steps.map((step) => (
                  <StepRow
                    key={`${step.kind}/${step.key}`}
                    step={step}
                    taken={
                      choosable && step.action === 'conflict' ? take.has(`${step.kind}/${step.key}`) : null
                    }
                    onTake={(wanted) => toggle(`${step.kind}/${step.key}`, wanted)}
                  />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {doIt ? words.leave : words.close}
          </Button>
          {doIt && onDo && (
            <Button
              loading={busy}
              color={doIt === words.removeNow ? 'red' : undefined}
              onClick={() => onDo([...take])}
            >
              {doIt}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}

interface RowProps {
  step: PackStep
  /** Whether what is shipped is to win; null: there is nothing to choose. */
  taken: boolean | null
  onTake: (wanted: boolean) => void
}

function StepRow({ step, taken, onTake }: RowProps) {
  const name = `${words.kinds[step.kind] ?? step.kind} “${step.label}”`
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm">{name}</Text>
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={COLORS[step.action]}>
          {words.actions[step.action] ?? step.action}
        </Badge>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{step.why || step.taken.join(', ')}</Text>
        {taken !== null && (
          <Checkbox
            mt={4}
            size="xs"
            label={words.takeShipped}
            aria-label={`${words.takeShipped}: ${name}`}
            checked={taken}
            onChange={(event) => onTake(event.currentTarget.checked)}
          />
        )}
      </Table.Td>
    </Table.Tr>
  )
}
