import { Switch, Textarea } from '@mantine/core'
import { templates as t } from '../../text/outbox'
import { type FormProps, TemplateFields } from './TemplateFields'

/** The words of a mail: name, subject, rich text, and plain text where it is to differ. */
export function WordsForm(props: FormProps) {
  const { words, onChange, problem } = props
  const ownText = words.text !== null
  return (
    <TemplateFields {...props} subject={{ label: t.subject, description: t.subjectHint }}>
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
    </TemplateFields>
  )
}
