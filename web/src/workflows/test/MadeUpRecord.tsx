import { Stack, Text } from '@mantine/core'
import type { FieldProblem, ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { FieldInput } from '../../records/fields/FieldInput'
import { LineItems } from '../../records/fields/LineItems'
import { maySet, readableFields, type Values } from '../../records/model'
import { test as t } from '../../text/trust'

interface Props {
  module: ModuleOut
  values: Values
  onChange: (key: string, value: unknown) => void
  problems: FieldProblem[]
}

/** The fields of a record that is there for the test alone; what is required comes first. */
export function MadeUpRecord({ module, values, onChange, problems }: Props) {
  const me = useMe()
  const fields = readableFields(module, me)
    .filter((field) => maySet(module, field, me, 'create'))
    .toSorted((one, other) => Number(other.required) - Number(one.required))
  return (
    <Stack gap="xs">
      <Text size="xs" c="dimmed">
        {t.formAbout(module.label)}
      </Text>
      {fields.map((field) =>
        field.type === 'line_items' ? (
          <LineItems
            key={field.key}
            field={field}
            value={values[field.key]}
            onChange={(lines) => onChange(field.key, lines)}
            problems={problems}
          />
        ) : (
          <FieldInput
            key={field.key}
            field={field}
            value={values[field.key]}
            onChange={(value) => onChange(field.key, value)}
            error={problems.find((problem) => problem.path === `/${field.key}`)?.message}
          />
        ),
      )}
    </Stack>
  )
}
