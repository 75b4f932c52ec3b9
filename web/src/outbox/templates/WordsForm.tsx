import { Paper, Skeleton, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { Suspense } from 'react'
import type { ApiProblem } from '../../api'
import { lazy } from '../../app/lazy'
import { TemplateInput } from '../../form/TemplateInput'
import { templates as t } from '../../text/outbox'
import type { Words } from './words'

const RichTemplateEditor = lazy(async () => ({
  default: (await import('../../form/RichTemplateEditor')).RichTemplateEditor,
}))

interface Props {
  module: string | null
  /** The record that it is shown with. */
  record: string | null
  words: Words
  onChange: (part: Partial<Words>) => void
  problem: ApiProblem | null
}

/** The words of a template: name, subject, rich text, and plain text where it is to differ. */
export function WordsForm({ module, record, words, onChange, problem }: Props) {
  const context = { module, document: null, node: null, record }
  const ownText = words.text !== null
  return (
    <Paper className="surface" p="md">
      <Stack gap="md">
        <TextInput
          label={t.name}
          value={words.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
          error={problem?.at('/name')}
          maxLength={200}
          required
        />
        <TemplateInput
          label={t.subject}
          description={t.subjectHint}
          context={context}
          value={words.subject}
          onChange={(subject) => onChange({ subject })}
          error={problem?.at('/subject')}
        />
        <Suspense fallback={<Skeleton h={260} />}>
          <RichTemplateEditor
            label={t.content}
            context={context}
            value={words.html ?? ''}
            onChange={(html) => onChange({ html })}
            error={problem?.at('/html')}
          />
        </Suspense>
        <Switch
          label={t.ownText}
          description={t.textHint}
          checked={ownText}
          onChange={(event) => onChange({ text: event.currentTarget.checked ? '' : null })}
        />
        {ownText && (
          <Textarea
            label={t.text}
            value={words.text ?? ''}
            onChange={(event) => onChange({ text: event.currentTarget.value })}
            error={problem?.at('/text')}
            autosize
            minRows={6}
            maxRows={20}
            maxLength={200_000}
          />
        )}
      </Stack>
    </Paper>
  )
}
