import { Table, Text } from '@mantine/core'
import { bulk as t } from '../../text/bulk'
import { runs as words } from '../../text/runs'
import { errorOf } from '../words'
import { type Member, MemberLink, RunLink } from './BeforeAfter'
import classes from './bulk.module.css'

interface Props {
  members: readonly Member[]
  module: string | null
  label: string
  /** What stands above for all of them, and need not be said of each. */
  known?: string
}

/** Records with why each failed, was skipped or was left out. */
export function Failures({ members, module, label, known }: Props) {
  const told = members.map((member) => {
    const error = errorOf(member.error)
    return error?.message === known ? null : error
  })
  const isTold = known === undefined || told.some(Boolean)
  return (
    <Table.ScrollContainer minWidth={520} type="native">
      <Table aria-label={label} verticalSpacing={6} fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={isTold ? '32%' : undefined}>{t.record}</Table.Th>
            {isTold && <Table.Th>{words.error}</Table.Th>}
            <Table.Th w={90}>{t.theRun}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((member, index) => {
            const error = told[index]
            return (
              <Table.Tr key={member.nr}>
                <Table.Td className={classes.cell}>
                  <MemberLink member={member} module={module} />
                </Table.Td>
                {isTold && (
                  <Table.Td className={classes.cell}>
                    {error?.message || '–'}
                    {error?.suggestion && (
                      <Text size="xs" c="dimmed">
                        {error.suggestion}
                      </Text>
                    )}
                  </Table.Td>
                )}
                <Table.Td className={classes.cell}>
                  <RunLink id={member.run_id} />
                </Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
