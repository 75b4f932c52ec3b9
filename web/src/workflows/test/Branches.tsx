import { Paper, Stack, Text } from '@mantine/core'
import type { TestedBranch, TestedQuestion } from '../../api'
import { Status } from '../../parts/Status'
import { errorOf } from '../../runs/words'
import { format } from '../../text'
import { questions as t } from '../../text/questions'
import { Changes } from './Changes'
import { Mails } from './Made'

/** What people would be asked. */
export function TestedQuestions({ questions }: { questions: TestedQuestion[] }) {
  return (
    <Stack gap={6}>
      {questions.map((one, index) => (
        <Paper key={String(index)} className="surface" px="sm" py={8} data-testid="tested-question">
          <Text size="sm" fw={500} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {one.title}
          </Text>
          {one.body && (
            <Text size="xs" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} dir="auto">
              {one.body}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {t.asked(one.asked.join(', ') || t.nobody)}
            {one.due_at && ` · ${format.dateTime(one.due_at)}`}
          </Text>
        </Paper>
      ))}
    </Stack>
  )
}

interface Props {
  branches: TestedBranch[]
  count: number
  made: ReadonlySet<string>
}

/** The runs that a block started: each item with what was done to it. */
export function TestedBranches({ branches, count, made }: Props) {
  return (
    <Stack gap={8}>
      {branches.map((branch) => (
        <Paper
          key={`${branch.node} ${branch.number}`}
          className="surface"
          px="sm"
          py={8}
          data-testid="tested-branch"
        >
          <Text size="sm" fw={500}>
            {t.branch(branch.number, branch.record_id)} <Status of={branch.status} />
          </Text>
          {errorOf(branch.error) && (
            <Text size="xs" c="red">
              {errorOf(branch.error)?.message}
            </Text>
          )}
          <Stack gap={6} mt={4}>
            {branch.steps.map((step) => (
              <div key={step.seq}>
                <Text size="xs" c="dimmed">
                  {step.label}
                </Text>
                <Changes changes={step.changes} made={made} />
                <Mails messages={step.messages} />
                <TestedQuestions questions={step.questions} />
              </div>
            ))}
          </Stack>
          {branch.branch_count > 0 && (
            <TestedBranches branches={branch.branches} count={branch.branch_count} made={made} />
          )}
        </Paper>
      ))}
      {count > branches.length && (
        <Text size="xs" c="dimmed">
          {t.branchesMore(count - branches.length)}
        </Text>
      )}
    </Stack>
  )
}
