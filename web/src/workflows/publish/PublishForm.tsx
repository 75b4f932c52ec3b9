import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { IconRocket } from '@tabler/icons-react'
import { useState } from 'react'
import { type ApiProblem, api, asProblem, type ReviewOut, type ToPublish, type Workflow } from '../../api'
import { Problem } from '../../parts/Problem'
import { publish as t } from '../../text/trust'
import classes from './publish.module.css'
import { isFull } from './reviewing'

interface Props {
  review: ReviewOut
  workflow: Workflow
  /** Of the draft that was reviewed: another one is not published. */
  etag: string
  note: string
  /** What becomes of records whose date has passed; null: nothing was asked. */
  backlog: ToPublish['backlog']
  onNote: (note: string) => void
  onPublished: (workflow: Workflow) => void
  onAgain: () => void
  onClose: () => void
}

/** The note and the button. What is published is what was reviewed, or nothing. */
export function PublishForm({
  review,
  workflow,
  etag,
  note,
  backlog,
  onNote,
  onPublished,
  onAgain,
  onClose,
}: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const full = isFull(review, workflow.state)
  const blocked = review.problems.length > 0 || full
  const stale = problem?.conflict ?? false
  const publish = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await api.publishWorkflow({
        path: { key: workflow.key },
        body: { note: note.trim(), backlog: backlog ?? null },
        headers: { 'If-Match': etag },
        throwOnError: true,
      })
      onPublished(data)
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!blocked && !stale && !busy) void publish()
      }}
    >
      {stale ? (
        <Alert color="yellow" mb="sm" title={t.changedTitle} role="alert" data-testid="publish-conflict">
          <Stack gap={6} align="flex-start">
            <Text size="sm">{t.changedMore}</Text>
            <Button size="xs" variant="default" onClick={onAgain}>
              {t.reload}
            </Button>
          </Stack>
        </Alert>
      ) : (
        problem && <Problem error={problem} title={t.notPublished} />
      )}
      <Group align="flex-end" gap="sm" wrap="wrap">
        <Textarea
          label={t.note}
          value={note}
          onChange={(event) => onNote(event.currentTarget.value)}
          maxLength={2_000}
          autosize
          minRows={1}
          maxRows={4}
          flex="1 1 320px"
          data-autofocus
        />
        <Button variant="default" onClick={onClose}>
          {t.back}
        </Button>
        <Button
          type="submit"
          leftSection={<IconRocket size={16} />}
          disabled={blocked || stale}
          loading={busy}
          data-testid="publish-now"
        >
          {t.publish}
        </Button>
      </Group>
      {blocked && (
        <Text size="xs" c="var(--mantine-color-error)" mt={6} role="status">
          {full ? t.quotaFull : t.solveFirst}
        </Text>
      )}
    </form>
  )
}
