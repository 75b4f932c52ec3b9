import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  asProblem,
  type FormFieldOut,
  fillInFormMutation,
  getQuestionOptions,
  type QuestionOut,
} from '../api'
import { type Answers, AskedFields, filledIn } from '../parts/AskedFields'
import { Problem } from '../parts/Problem'
import { sayDone } from '../parts/saying'
import { t as shared } from '../text'
import { questions as t } from '../text/questions'
import { refreshQuestions } from './DecideDialog'

/** A form that a run asks one to fill in. */
export function FormDialog({ question, onClose }: { question: QuestionOut; onClose: () => void }) {
  const [values, setValues] = useState<Answers>()
  const path = { question_id: question.id }
  // What the record has is asked for only where the form's author chose to show it.
  const prefilled = Array.isArray(question.details.prefill)
  const found = useQuery({ ...getQuestionOptions({ path }), enabled: prefilled, staleTime: 0 })
  const shown = values ?? found.data?.values ?? {}
  const fill = useMutation({
    ...fillInFormMutation(),
    onSuccess: () => {
      sayDone(t.filled)
      onClose()
    },
    onSettled: refreshQuestions,
  })
  const problem = fill.error ? asProblem(fill.error) : null
  const elsewhere = problem !== null && problem.problems.length === 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fill.mutate({ path, body: { values: filledIn(shown) } })
  }
  return (
    <Modal opened onClose={onClose} title={question.title} size="lg">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {question.body && (
            <Text size="sm" c="dimmed" style={{ whiteSpace: 'pre-line' }} dir="auto">
              {question.body}
            </Text>
          )}
          {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
          {prefilled && found.isPending ? (
            <Skeleton h={160} role="status" aria-label={shared.common.loading} />
          ) : (
            <AskedFields fields={fieldsOf(question)} values={shown} onChange={setValues} problem={problem} />
          )}
          {problem && elsewhere && <Problem error={problem} title={t.notFilled} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={fill.isPending} disabled={prefilled && !found.data}>
              {t.send}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The form's fields as the block stored them. */
function fieldsOf(question: QuestionOut): FormFieldOut[] {
  const { fields } = question.details
  return Array.isArray(fields) ? (fields as FormFieldOut[]) : []
}
