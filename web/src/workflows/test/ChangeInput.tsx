import { ActionIcon, Group, Input, Select, Stack, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { FieldProblem, ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { FieldInput } from '../../records/fields/FieldInput'
import { maySet, readableFields, type Values } from '../../records/model'
import { test as t } from '../../text/trust'

interface Props {
  module: ModuleOut
  values: Values
  onChange: (values: Values) => void
  problems: FieldProblem[]
}

/** Which fields get which values before the trigger is asked. */
export function ChangeInput({ module, values, onChange, problems }: Props) {
  const me = useMe()
  const able = readableFields(module, me).filter(
    (field) => maySet(module, field, me, 'update') && field.type !== 'line_items',
  )
  const chosen = able.filter((field) => field.key in values)
  const without = (key: string) => Object.fromEntries(Object.entries(values).filter(([one]) => one !== key))
  return (
    <Stack gap={8}>
      <Input.Wrapper label={t.change} labelElement="div" description={t.changeAbout} />
      {chosen.map((field) => (
        <Group key={field.key} gap={4} wrap="nowrap" align="flex-end">
          <div style={{ flex: 1, minWidth: 0 }}>
            <FieldInput
              field={field}
              value={values[field.key]}
              onChange={(value) => onChange({ ...values, [field.key]: value })}
              error={problems.find((problem) => problem.path === `/${field.key}`)?.message}
            />
          </div>
          <Tooltip label={t.removeChange(field.label)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={34}
              aria-label={t.removeChange(field.label)}
              onClick={() => onChange(without(field.key))}
            >
              <IconX size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      ))}
      <Select
        size="xs"
        aria-label={t.addChange}
        placeholder={t.addChange}
        searchable
        value={null}
        data={able
          .filter((field) => !(field.key in values))
          .map((field) => ({ value: field.key, label: field.label }))}
        onChange={(key) => key && onChange({ ...values, [key]: null })}
      />
    </Stack>
  )
}
