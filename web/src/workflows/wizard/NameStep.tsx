import { Stack, Textarea, TextInput } from '@mantine/core'
import { wizard as t } from '../../text/wizard'

interface Props {
  name: string
  description: string
  onName: (name: string) => void
  onDescription: (description: string) => void
}

/** What it is called, and what it is for. */
export function NameStep({ name, description, onName, onDescription }: Props) {
  return (
    <Stack gap="sm">
      <TextInput
        label={t.fields.name}
        description={t.fields.nameHint}
        withAsterisk
        maxLength={200}
        value={name}
        onChange={(event) => onName(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label={t.fields.description}
        description={t.fields.descriptionHint}
        autosize
        minRows={2}
        maxLength={5000}
        value={description}
        onChange={(event) => onDescription(event.currentTarget.value)}
      />
    </Stack>
  )
}
