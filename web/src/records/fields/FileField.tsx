import { ActionIcon, Button, FileButton, Group, Input, Progress, Text } from '@mantine/core'
import { IconUpload, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getDocumentOptions } from '../../api'
import { sayProblem } from '../../parts/saying'
import { records as t } from '../../text/records'
import type { FieldInputProps } from './types'
import { upload } from './upload'
import { Value } from './Value'

/** A file of a record: it is uploaded when it is chosen, and belongs to the record once that is saved. */
export function FileField({ field, value, onChange, error, disabled, bare }: FieldInputProps) {
  const [sent, setSent] = useState<{ name: string; part: number } | null>(null)
  const known = useQuery({
    ...getDocumentOptions({ path: { document_id: Number(value) } }),
    enabled: Boolean(value),
    staleTime: 300_000,
  })
  const send = async (file: File | null) => {
    if (!file) return
    setSent({ name: file.name, part: 0 })
    try {
      const document = await upload(file, (part) => setSent({ name: file.name, part }))
      onChange(document.id)
    } catch (problem) {
      sayProblem(problem, t.notUploaded)
    } finally {
      setSent(null)
    }
  }
  return (
    <Input.Wrapper
      label={bare ? undefined : field.label}
      description={bare ? undefined : field.description || undefined}
      error={error}
      withAsterisk={field.required && !bare}
      labelElement="div"
    >
      <Group
        gap="xs"
        mih={34}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          if (!disabled) send(event.dataTransfer.files[0] ?? null)
        }}
      >
        {value ? <Value field={field} value={value} title={known.data?.name} /> : null}
        {sent ? (
          <div style={{ flex: 1, minWidth: 120 }} role="status">
            <Text size="xs" truncate>
              {t.uploading(sent.name)}
            </Text>
            <Progress value={sent.part * 100} aria-label={t.uploading(sent.name)} />
          </div>
        ) : (
          !disabled && (
            <FileButton onChange={send}>
              {(props) => (
                <Button
                  {...props}
                  size="xs"
                  variant="default"
                  leftSection={<IconUpload size={14} />}
                  aria-label={`${field.label}: ${t.chooseFile}`}
                >
                  {t.chooseFile}
                </Button>
              )}
            </FileButton>
          )
        )}
        {Boolean(value) && !disabled && !sent && (
          <ActionIcon variant="subtle" color="gray" aria-label={t.removeFile} onClick={() => onChange(null)}>
            <IconX size={15} />
          </ActionIcon>
        )}
      </Group>
    </Input.Wrapper>
  )
}
