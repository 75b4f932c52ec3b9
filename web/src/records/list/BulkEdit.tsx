import { ActionIcon, Alert, Box, Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, type BulkEdited, editRecordsMutation, type FieldOut, type ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { FieldInput } from '../fields/FieldInput'
import { maySet, readableFields, type Values } from '../model'
import { forgetLists } from '../record/cache'

interface Props {
  module: ModuleOut
  chosen: string
  which: { ids: string[] } | { where: Values }
  onClose: () => void
  onDone: () => void
}

/** The same change to many records: which fields, to what; counted first, done when one says so. */
export function BulkEdit({ module, chosen, which, onClose, onDone }: Props) {
  const me = useMe()
  const cache = useQueryClient()
  const [values, setValues] = useState<Values>({})
  const [checked, setChecked] = useState<BulkEdited | null>(null)
  const edit = useMutation({
    ...editRecordsMutation(),
    onSuccess: (done) => {
      if (done.dry_run) return setChecked(done)
      sayDone(t.bulkDone(done.changed))
      forgetLists(cache, module.key)
      onDone()
    },
  })
  const fields = readableFields(module, me).filter(
    (field) => maySet(module, field, me, 'update') && field.type !== 'line_items' && !field.unique,
  )
  const problem = edit.error ? asProblem(edit.error) : null
  const set = (next: Values) => {
    setValues(next)
    setChecked(null)
    edit.reset()
  }
  const send = (dry_run: boolean) =>
    edit.mutate({ path: { module: module.key }, body: { ...which, set: values, dry_run } })
  const picked = Object.keys(values).flatMap((key) => fields.find((field) => field.key === key) ?? [])
  const others =
    problem?.problems.filter((one) => !picked.some((field) => one.path === `/set/${field.key}`)) ?? []
  return (
    <Modal opened onClose={onClose} title={t.bulkTitle(chosen)} size="lg" closeOnClickOutside={false}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          send(checked === null)
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t.bulkAbout}
          </Text>
          {picked.map((field) => (
            <One
              key={field.key}
              field={field}
              value={values[field.key]}
              error={problem?.at(`/set/${field.key}`)}
              onChange={(value) => set({ ...values, [field.key]: value })}
              onRemove={() =>
                set(Object.fromEntries(Object.entries(values).filter(([key]) => key !== field.key)))
              }
            />
          ))}
          <Select
            label={t.bulkField}
            placeholder={t.choose}
            data={fields
              .filter((field) => !(field.key in values))
              .map((field) => ({ value: field.key, label: field.label }))}
            value={null}
            onChange={(key) => key && set({ ...values, [key]: null })}
            searchable
            data-autofocus
          />
          {problem && (problem.problems.length === 0 || others.length > 0) && (
            <Alert color="red" title={t.bulkNotDone} role="alert">
              {others.length > 0 ? others.map((one) => one.message).join(' ') : problem.message}{' '}
              {others[0]?.suggestion ?? problem.suggestion}
            </Alert>
          )}
          {checked && (
            <Alert color={checked.changed > 0 ? 'accent' : 'orange'} role="status">
              {t.bulkWould(checked.changed, checked.left_out)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button
              type="submit"
              loading={edit.isPending}
              disabled={picked.length === 0 || checked?.changed === 0}
            >
              {checked ? t.bulkApply(checked.changed) : t.bulkCheck}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface OneProps {
  field: FieldOut
  value: unknown
  error: string | undefined
  onChange: (value: unknown) => void
  onRemove: () => void
}

function One({ field, value, error, onChange, onRemove }: OneProps) {
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <Box flex={1} miw={0}>
        <FieldInput
          field={field}
          value={value}
          error={error}
          onChange={onChange}
          placeholder={t.clearValue}
        />
      </Box>
      <ActionIcon
        variant="subtle"
        color="gray"
        mt={28}
        aria-label={`${shared.common.remove}: ${field.label}`}
        onClick={onRemove}
      >
        <IconX size={15} />
      </ActionIcon>
    </Group>
  )
}
