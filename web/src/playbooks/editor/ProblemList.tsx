import { Anchor, Group, Paper, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { FaultOut } from '../../api'
import { Spinner } from '../../parts/Spinner'
import { playbooks as t } from '../../text/playbooks'

interface Props {
  /** What stands at a place of the definition. */
  nameOf: (path: string) => string
  problems: FaultOut[]
  checking: boolean
  known: boolean
  onShow: (problem: FaultOut) => void
}

/** What stands against publishing, each at its place: a click leads there. */
export function ProblemList({ nameOf, problems, checking, known, onShow }: Props) {
  if (!known) return null
  const fine = problems.length === 0
  const Sign = fine ? IconCircleCheck : IconAlertTriangle
  return (
    <Paper className="surface" p="sm" component="section" aria-label={t.problemsLabel} data-testid="problems">
      <Group gap={6}>
        <Sign size={16} color={`var(--mantine-color-${fine ? 'green' : 'orange'}-6)`} aria-hidden />
        <Text size="sm" fw={500} role="status">
          {fine ? t.noProblems : t.problems(problems.length)}
        </Text>
        {checking && <Spinner size={12} label={t.checking} />}
      </Group>
      {!fine && (
        <ul style={{ margin: '6px 0 0', paddingInlineStart: 22 }}>
          {problems.map((one) => (
            <li key={one.path + one.code + one.message}>
              <Text size="sm" component="span">
                <Anchor component="button" type="button" size="sm" ta="start" onClick={() => onShow(one)}>
                  {nameOf(one.path)}
                </Anchor>
                {': '}
                {one.message} {one.suggestion}
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Paper>
  )
}
