import { Anchor, Badge, Checkbox, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core'
import { Link } from 'react-router'
import type { ListedWorkflow } from '../../api'
import { RunBars } from '../../parts/RunBars'
import { When } from '../../parts/When'
import { t as shared } from '../../text'
import { files } from '../../text/files'
import { workflows as t } from '../../text/workflows'
import type { Quota } from './quota'
import { RowMenu } from './RowMenu'
import { StateSwitch } from './StateSwitch'

interface Props {
  items: readonly ListedWorkflow[]
  quota: Quota
  /** Keys of those that are chosen, to be written out as files. */
  chosen: ReadonlySet<string>
  onChoose: (keys: string[], wanted: boolean) => void
}

/** One row per workflow: what it is, whether it is on, how it did last, and what can be done with it. */
export function WorkflowsTable({ items, quota, chosen, onChoose }: Props) {
  const all = items.every((workflow) => chosen.has(workflow.key))
  return (
    <Table.ScrollContainer type="native" minWidth={900} className="surface" style={FRAMED}>
      <Table aria-label={t.tableLabel} verticalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                size="xs"
                aria-label={files.chooseAll}
                checked={all}
                indeterminate={!all && chosen.size > 0}
                onChange={(event) =>
                  onChoose(
                    items.map((workflow) => workflow.key),
                    event.currentTarget.checked,
                  )
                }
              />
            </Table.Th>
            <Table.Th miw={280}>{t.column.name}</Table.Th>
            <Table.Th w={150}>{t.column.state}</Table.Th>
            <Table.Th w={176}>{t.column.bars}</Table.Th>
            <Table.Th w={136}>{t.column.last}</Table.Th>
            <Table.Th w={140}>{t.column.modified}</Table.Th>
            <Table.Th w={48}>
              <VisuallyHidden>{shared.common.actions}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((workflow) => (
            <Row
              key={workflow.key}
              workflow={workflow}
              quota={quota}
              chosen={chosen.has(workflow.key)}
              onChoose={(wanted) => onChoose([workflow.key], wanted)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

const ONE_LINE = { whiteSpace: 'nowrap' } as const
// What is only for screen readers stands where the row is, not where the page ends.
const FRAMED = {
  position: 'relative',
  border: '1px solid var(--line)',
  borderRadius: 'var(--mantine-radius-md)',
} as const

interface RowProps {
  workflow: ListedWorkflow
  quota: Quota
  chosen: boolean
  onChoose: (wanted: boolean) => void
}

function Row({ workflow, quota, chosen, onChoose }: RowProps) {
  return (
    <Table.Tr data-testid={`workflow-row-${workflow.key}`}>
      <Table.Td>
        <Checkbox
          size="xs"
          aria-label={files.choose(workflow.name)}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <Named workflow={workflow} />
      </Table.Td>
      <Table.Td>
        <StateSwitch workflow={workflow} over={quota.over} />
      </Table.Td>
      <Table.Td>
        <RunBars bars={workflow.bars} name={workflow.name} />
      </Table.Td>
      <Table.Td>
        <Text size="sm" style={ONE_LINE}>
          {workflow.last_run_at ? <When at={workflow.last_run_at} /> : t.never}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">
          <When at={workflow.updated_at} />
        </Text>
        <Text size="xs" c="dimmed" truncate maw={130} title={workflow.owner_name ?? undefined}>
          {workflow.owner_name ?? t.nobody}
        </Text>
      </Table.Td>
      <Table.Td>
        <RowMenu workflow={workflow} full={quota.full} />
      </Table.Td>
    </Table.Tr>
  )
}

function Named({ workflow }: { workflow: ListedWorkflow }) {
  const { key, name, description, category, module_label } = workflow
  return (
    <Stack gap={1} style={{ minWidth: 200 }}>
      <Anchor component={Link} to={`/workflows/${key}`} fw={500} size="sm" lineClamp={2}>
        {name}
      </Anchor>
      {description && (
        <Text size="xs" c="dimmed" lineClamp={1} title={description}>
          {description}
        </Text>
      )}
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          {module_label ?? t.noModule}
        </Text>
        {category && (
          <Badge size="xs" color="gray">
            {t.categories[category] ?? category}
          </Badge>
        )}
      </Group>
    </Stack>
  )
}
