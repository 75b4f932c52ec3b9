import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem, decideApprovalMutation, type QuestionOut, queries } from '../api'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { t as shared } from '../text'
import { questions as t } from '../text/questions'

export type Decided = 'approved' | 'rejected'

/** Every list of questions is asked for again. */
export function refreshQuestions() {
  const shown = ['listQuestions', 'countQuestions', 'getQuestion', 'listQuestionHistory', 'listInbox']
  const told = ['listNotifications', 'getMe'] // what asked for it counts as read
  for (const _id of [...shown, ...told, 'countInbox', 'getHome', 'listRecordPlaybooks', 'getPlaybookTrack'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}

interface Props {
  question: QuestionOut
  decision: Decided
  onClose: () => void
}

/** Approve or reject, with a comment; once, so it is asked for in a step of its own. */
export function DecideDialog({ question, decision, onClose }: Props) {
  const [comment, setComment] = useState('')
  const rule = question.details.comment
  const needed = rule === 'required' || (rule === 'on_rejection' && decision === 'rejected')
  const decide = useMutation({
    ...decideApprovalMutation(),
    onSuccess: () => {
      sayDone(t[decision])
      onClose()
    },
    onSettled: refreshQuestions,
  })
  const problem = decide.error ? asProblem(decide.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    decide.mutate({
      path: { question_id: question.id },
      body: { decision, comment: comment.trim() || null },
    })
  }
  return (
    <Modal opened onClose={onClose} title={decision === 'approved' ? t.approve : t.reject}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" dir="auto">
            {question.title}
          </Text>
          <Textarea
            data-autofocus
            label={t.comment}
            description={needed ? t.commentNeeded : t.commentOptional}
            autosize
            minRows={2}
            maxLength={5000}
            withAsterisk={needed}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            error={problem?.at('/comment')}
          />
          {problem && !problem.at('/comment') && <Problem error={problem} title={t.notDecided} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button
              type="submit"
              color={decision === 'rejected' ? 'red' : undefined}
              loading={decide.isPending}
            >
              {decision === 'approved' ? t.approve : t.reject}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
