import { Box, CloseButton, Group, Stack, Textarea, TextInput, Title } from '@mantine/core'
import { useMemo } from 'react'
import type { FaultOut } from '../../api'
import { NOWHERE, NodeForm, type Schema } from '../../form'
import { playbooks as t } from '../../text/playbooks'
import type { Drawing } from './drawing'
import type { Draft } from './useDraft'

interface Props {
  draft: Draft
  schema: Record<string, unknown>
  problems: FaultOut[]
  onClose: () => void
}

/** What holds for the whole playbook: where it may be started, when it ends, and what comes afterwards. */
export function SettingsForm({ draft, schema, problems, onClose }: Props) {
  const around = useMemo(() => without(schema), [schema])
  const context = useMemo(() => ({ ...NOWHERE, module: draft.base.module }), [draft.base.module])
  return (
    <Box component="section" aria-label={t.settings} data-testid="playbook-settings">
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Title order={2} fz="md">
          {t.settings}
        </Title>
        <CloseButton aria-label={t.close} onClick={onClose} />
      </Group>
      <Stack gap="sm">
        <TextInput
          label={t.name}
          withAsterisk
          maxLength={200}
          value={draft.name}
          onChange={(event) => draft.setName(event.currentTarget.value)}
          error={draft.error?.at('/name')}
        />
        <Textarea
          label={t.description}
          autosize
          minRows={1}
          maxLength={5000}
          value={draft.description}
          onChange={(event) => draft.setDescription(event.currentTarget.value)}
        />
        <NodeForm
          schema={around}
          value={draft.drawing}
          onChange={(next) => draft.setDrawing({ ...next, phases: draft.drawing.phases } as Drawing)}
          context={context}
          problems={problems}
        />
      </Stack>
    </Box>
  )
}

function without(schema: Schema): Schema {
  const { phases: _phases, format: _format, ...properties } = schema.properties ?? {}
  return { ...schema, properties }
}
