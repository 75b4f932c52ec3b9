import { Anchor, Group, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { ListedWorkflow } from '../api'
import { RunBars, RunBarsLegend } from '../parts/RunBars'
import { Status } from '../parts/Status'
import { When } from '../parts/When'
import { home as t } from '../text/home'
import classes from './Attention.module.css'
import { Section } from './Section'

/** The workflows that ran last, each with its recent runs. */
export function WorkflowBars({ workflows }: { workflows: readonly ListedWorkflow[] }) {
  const more = (
    <Anchor component={Link} to="/workflows" size="sm">
      {t.allWorkflows}
    </Anchor>
  )
  const ran = workflows.filter((workflow) => workflow.bars.length > 0)
  return (
    <Section title={t.workflows} beside={more}>
      {ran.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t.noRunsMore}
        </Text>
      ) : (
        <>
          <Table.ScrollContainer type="native" minWidth={560}>
            <Table aria-label={t.workflows}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t.column.workflow}</Table.Th>
                  <Table.Th w={200}>{t.column.bars}</Table.Th>
                  <Table.Th w={136}>{t.column.last}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {ran.map((workflow) => (
                  <Row key={workflow.key} workflow={workflow} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          <Group mt="sm">
            <RunBarsLegend />
          </Group>
        </>
      )}
    </Section>
  )
}

function Row({ workflow }: { workflow: ListedWorkflow }) {
  const { key, name, module_label, state, bars, last_run_at } = workflow
  return (
    <Table.Tr data-testid={`workflow-row-${key}`}>
      <Table.Td>
        <Group gap={8} wrap="nowrap">
          <Anchor component={Link} to={`/workflows/${key}`} size="sm" lineClamp={2} title={name}>
            {name}
          </Anchor>
          {state !== 'active' && <Status of={state} />}
        </Group>
        <Text size="xs" c="dimmed" truncate>
          {module_label}
        </Text>
      </Table.Td>
      <Table.Td>
        <RunBars bars={bars} name={name} />
      </Table.Td>
      <Table.Td>
        <Text size="sm" className={classes.one}>
          <When at={last_run_at} />
        </Text>
      </Table.Td>
    </Table.Tr>
  )
}
