import { Badge, Button, Checkbox, Group, Paper, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import type { Cells, PlannedRow, PlanningFault } from '../../api'
import { planning as t } from '../../text/planning'
import { workflows } from '../../text/workflows'
import { CellsForm } from './CellsForm'
import { withCell } from './rows'

interface Props {
  row: PlannedRow
  chosen: boolean
  busy: boolean
  onChoose: (chosen: boolean) => void
  onCheck: (row: PlannedRow) => void
}

/** One row of the sheet: the workflow that it makes, in words, or what is not understood and what could be meant. */
export function RowCard({ row, chosen, busy, onChoose, onCheck }: Props) {
  const [open, setOpen] = useState(false)
  const name = row.workflow?.name ?? (row.cells.what || t.unnamed)
  const check = (cells: Cells) => onCheck({ ...row, cells })
  return (
    <Paper className="surface" p="md" component="li" data-testid={`planning-row-${row.row}`}>
      <Group align="flex-start" wrap="nowrap" gap="sm">
        <Checkbox
          mt={2}
          checked={chosen && row.workflow !== null}
          disabled={row.workflow === null}
          onChange={(event) => onChoose(event.currentTarget.checked)}
          aria-label={t.choose(name)}
        />
        <Stack gap={4} flex={1} miw={0}>
          <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start">
            <Group gap={6} wrap="nowrap" miw={0}>
              {row.workflow ? (
                <IconCircleCheck size={18} color="var(--mantine-color-green-7)" aria-hidden />
              ) : (
                <IconAlertTriangle size={18} color="var(--mantine-color-orange-7)" aria-hidden />
              )}
              <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Text>
            </Group>
            <Group gap="xs" wrap="nowrap">
              {row.workflow && (
                <Badge variant="light" color="gray">
                  {workflows.categories[row.workflow.category] ?? row.workflow.category}
                </Badge>
              )}
              <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                {t.row(row.row)}
              </Text>
            </Group>
          </Group>
          {row.workflow && <Sentence workflow={row.workflow} />}
          {row.faults.map((fault) => (
            <Fault
              key={`${fault.column} ${fault.message}`}
              fault={fault}
              busy={busy}
              onTake={(text) => check(withCell(row.cells, fault.column, text))}
            />
          ))}
          {row.carried.length > 0 && (
            <Text size="xs" c="dimmed">
              {t.carried(row.carried.map((column) => t.columns[column] ?? column))}
            </Text>
          )}
          <div>
            <Button variant="subtle" size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? t.close : t.edit}
            </Button>
          </div>
          {open && <CellsForm key={JSON.stringify(row.cells)} row={row} busy={busy} onCheck={check} />}
        </Stack>
      </Group>
    </Paper>
  )
}

function Sentence({ workflow }: { workflow: NonNullable<PlannedRow['workflow']> }) {
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {[t.starts(workflow.trigger), ...workflow.steps].join(' → ')}
    </Text>
  )
}

interface FaultProps {
  fault: PlanningFault
  busy: boolean
  onTake: (text: string) => void
}

function Fault({ fault, busy, onTake }: FaultProps) {
  const { instead } = fault
  return (
    <Group gap="xs" align="baseline" wrap="wrap">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        <Text span fw={600}>
          {t.columns[fault.column] ?? fault.column}:
        </Text>{' '}
        {fault.message} {fault.suggestion}
      </Text>
      {instead !== null && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          aria-label={t.takeOf(instead)}
          onClick={() => onTake(instead)}
        >
          {instead.length > 40 ? t.take : t.takeOf(instead)}
        </Button>
      )}
    </Group>
  )
}
