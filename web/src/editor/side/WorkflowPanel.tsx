import { Box, Code, NumberInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { editor as t } from '../../text/editor'
import { setSettings, type WorkflowSettings } from '../document'
import { useOpenWorkflow } from '../page'
import { useEditor, useEditorState } from '../store'
import { ActsAs } from './ActsAs'
import { ModuleChoice } from './ModuleChoice'
import { PreviewRecord } from './PreviewRecord'
import { usePointedAt } from './usePointedAt'

const CATEGORIES = ['customer', 'admin', 'finance'] as const
const RECURRENCES = ['every_time', 'first_time', 'when_met'] as const
const CONCURRENCIES = ['parallel', 'queue', 'skip', 'restart'] as const
const ZONES = Intl.supportedValuesOf('timeZone')

/** What holds for the whole workflow; shown when nothing is selected. */
export function WorkflowPanel() {
  const { workflow } = useOpenWorkflow()
  return (
    <Box p="sm">
      <Text fw={600} component="h2" m={0} mb="sm" fz="md">
        {t.workflow}
      </Text>
      <Stack gap="sm">
        <Said />
        <Rules />
        <PreviewRecord />
        <Text size="xs" c="dimmed">
          {t.workflowKey} <Code>{workflow.key}</Code>
        </Text>
      </Stack>
    </Box>
  )
}

function Said() {
  const editor = useEditor()
  const name = useEditorState((state) => state.draft.name)
  const description = useEditorState((state) => state.draft.description)
  const category = useEditorState((state) => state.draft.category)
  const disabled = useEditorState((state) => state.readOnly !== null)
  const about = usePointedAt<HTMLTextAreaElement>('/description')
  return (
    <>
      <TextInput
        label={t.name}
        size="sm"
        maxLength={200}
        disabled={disabled}
        error={name.trim() ? undefined : t.nameMissing}
        value={name}
        onChange={(event) => editor.say({ name: event.currentTarget.value }, 'name')}
      />
      <Textarea
        ref={about}
        label={t.description}
        placeholder={t.descriptionAbout}
        size="sm"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={5_000}
        disabled={disabled}
        value={description}
        onChange={(event) => editor.say({ description: event.currentTarget.value }, 'description')}
      />
      <Select
        label={t.category}
        placeholder={t.categoryNone}
        size="sm"
        clearable
        disabled={disabled}
        data={CATEGORIES.map((value) => ({ value, label: t.categories[value] }))}
        value={category}
        onChange={(value) => editor.say({ category: value })}
      />
      <div>
        <ModuleChoice />
      </div>
    </>
  )
}

function Rules() {
  const editor = useEditor()
  const settings = useEditorState((state) => state.draft.document.settings)
  const disabled = useEditorState((state) => state.readOnly !== null)
  const set = (change: WorkflowSettings) =>
    editor.draw((now) => setSettings(now, change), { tag: `settings ${Object.keys(change)}` })
  const recurrence = settings.recurrence ?? 'every_time'
  const concurrency = settings.concurrency ?? 'parallel'
  return (
    <>
      <Select
        label={t.recurrence}
        description={t.recurrenceAbout[recurrence]}
        inputWrapperOrder={['label', 'input', 'description']}
        size="sm"
        disabled={disabled}
        data={RECURRENCES.map((value) => ({ value, label: t.recurrences[value] }))}
        value={recurrence}
        onChange={(value) => set({ recurrence: value as WorkflowSettings['recurrence'] })}
      />
      <Select
        label={t.concurrency}
        description={t.concurrencyAbout[concurrency]}
        inputWrapperOrder={['label', 'input', 'description']}
        size="sm"
        disabled={disabled}
        data={CONCURRENCIES.map((value) => ({ value, label: t.concurrencies[value] }))}
        value={concurrency}
        onChange={(value) => set({ concurrency: value as WorkflowSettings['concurrency'] })}
      />
      <NumberInput
        label={t.priority}
        description={t.priorityAbout}
        inputWrapperOrder={['label', 'input', 'description']}
        size="sm"
        min={0}
        max={1_000_000}
        allowDecimal={false}
        disabled={disabled}
        value={settings.priority ?? 100}
        onChange={(value) => typeof value === 'number' && set({ priority: value })}
      />
      <Select
        label={t.timeZone}
        placeholder={t.timeZoneNone}
        size="sm"
        searchable
        clearable
        disabled={disabled}
        limit={100}
        data={ZONES}
        value={settings.time_zone ?? null}
        onChange={(value) => set({ time_zone: value })}
      />
      <ActsAs value={settings.acts_as ?? null} onChange={(role) => set({ acts_as: role })} />
    </>
  )
}
