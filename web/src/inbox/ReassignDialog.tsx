import { Button, Group, Modal, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, type QuestionOut, reassignQuestionMutation } from '../api'
import { UserSelect } from '../form/UserSelect'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { t as shared } from '../text'
import { questions as t } from '../text/questions'
import { refreshQuestions } from './DecideDialog'

/** Let somebody else answer. */
export function ReassignDialog({ question, onClose }: { question: QuestionOut; onClose: () => void }) {
  const [user, setUser] = useState<number | null>(null)
  const reassign = useMutation({
    ...reassignQuestionMutation(),
    onSuccess: () => {
      sayDone(t.reassigned)
      onClose()
    },
    onSettled: refreshQuestions,
  })
  const problem = reassign.error ? asProblem(reassign.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (user !== null) reassign.mutate({ path: { question_id: question.id }, body: { user_id: user } })
  }
  return (
    <Modal opened onClose={onClose} title={t.reassign}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <UserSelect label={t.reassignTo} value={user} onChange={setUser} error={problem?.at('/user_id')} />
          {problem && !problem.at('/user_id') && <Problem error={problem} title={t.notReassigned} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" disabled={user === null} loading={reassign.isPending}>
              {shared.common.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
