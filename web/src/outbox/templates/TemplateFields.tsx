import { Paper, Skeleton, Stack, TextInput } from '@mantine/core'
import { type ReactNode, Suspense } from 'react'
import type { ApiProblem } from '../../api'
import { lazy } from '../../app/lazy'
import { TemplateInput } from '../../form/TemplateInput'
import { templates as t } from '../../text/outbox'
import type { Words } from './words'

const RichTemplateEditor = lazy(async () => ({
  default: (await import('../../form/RichTemplateEditor')).RichTemplateEditor,
}))

/** What is written, and where to. */
export interface FormProps {
  module: string | null
  /** The record that it is shown with. */
  record: string | null
  words: Words
  onChange: (part: Partial<Words>) => void
  problem: ApiProblem | null
}

interface Props extends FormProps {
  /** What the line above the content is called: a subject, a title. */
  subject: { label: string; description: string }
  children: ReactNode
}

/** What every template has: a name, a line above the content, the content; below them what is its kind's own. */
export function TemplateFields({ module, record, words, onChange, problem, subject, children }: Props) {
  const context = { module, document: null, node: null, record }
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
          {...subject}
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
        {children}
      </Stack>
    </Paper>
  )
}
