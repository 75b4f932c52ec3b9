import { Alert, Anchor, Popover, Table, Text } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import type { Proof, Undone } from '../../api'
import { useModules } from '../../records/model'
import { format } from '../../text'
import { test as t } from '../../text/trust'
import classes from './test.module.css'
import { writesOf } from './walk'

/** That nothing was kept, and on asking what was taken back, table by table. */
export function ProofLine({ proof }: { proof: Proof }) {
  const writes = writesOf(proof)
  if (!proof.rolled_back) return <Alert color="red">{t.notTakenBack}</Alert>
  return (
    <div className={classes.proof} data-testid="proof" role="status">
      <IconShieldCheck size={19} stroke={1.8} aria-hidden />
      <span>{writes > 0 ? t.proof(writes) : t.proofNone}</span>
      {writes > 0 && (
        <Popover position="bottom-start" shadow="md" withinPortal trapFocus returnFocus>
          <Popover.Target>
            <Anchor component="button" type="button" size="sm">
              {t.proofMore}
            </Anchor>
          </Popover.Target>
          <Popover.Dropdown p="xs">
            <Written undone={proof.undone} />
          </Popover.Dropdown>
        </Popover>
      )}
    </div>
  )
}

function Written({ undone }: { undone: Undone[] }) {
  const modules = useModules().data?.items ?? []
  const nameOf = (table: string) => {
    const [schema, name = table] = table.split('.')
    const module = modules.find((one) => schema === 'data' && one.key === name)
    return module?.label_plural ?? t.tables[name] ?? name
  }
  return (
    <Table aria-label={t.written} fz="xs" verticalSpacing={3} highlightOnHover={false}>
      <Table.Tbody>
        {undone.map((one) => (
          <Table.Tr key={one.table}>
            <Table.Td>{nameOf(one.table)}</Table.Td>
            <Table.Td>
              <Text size="xs" c="dimmed">
                {[
                  [one.inserted, t.inserted] as const,
                  [one.updated, t.updated] as const,
                  [one.deleted, t.deleted] as const,
                ]
                  .filter(([count]) => count > 0)
                  .map(([count, word]) => `${format.number(count)} ${word}`)
                  .join(', ')}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
