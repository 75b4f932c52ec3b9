import { ActionIcon, Box, Group, Input, Select, Stack, Text } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { form as t } from '../text/form'
import { moduleFor } from './about'
import classes from './form.module.css'
import { errorAt, errorWithin, step, useSurroundings, type WidgetProps } from './surroundings'
import { type FormContext, NOWHERE, type Schema } from './types'
import { ValueEditor } from './ValueEditor'
import { isObject } from './value'

/** Field → value: which fields of a record are written, and with what. */
export function AssignmentsInput({
  schema,
  value,
  onChange,
  label,
  description,
  required,
  path,
  levels,
}: WidgetProps) {
  const { context, modules, defs, problems } = useSurroundings()
  const around = { modules, own: context.module, defs }
  const target = modules.get(moduleFor(schema['x-module'], levels, around) ?? '')
  const from = moduleFor(schema['x-values'], levels, around)
  const beside = besideOf(schema, context, target?.key ?? null, from)
  const entries = Object.entries(isObject(value) ? value : {})
  const used = new Set(entries.map(([key]) => key))
  const left = (target?.fields ?? []).filter(
    (field) =>
      !field.read_only && field.type !== 'formula' && field.type !== 'line_items' && !used.has(field.key),
  )
  const set = (next: [string, unknown][]) =>
    onChange(next.length > 0 ? Object.fromEntries(next) : required ? {} : undefined)
  const labelOf = (key: string) => target?.fields.find((field) => field.key === key)?.label ?? t.gone(key)
  return (
    <Input.Wrapper
      label={label}
      description={description}
      withAsterisk={required}
      error={errorAt(problems, path)}
      labelElement="div"
    >
      <Stack gap={6} mt={4}>
        {entries.map(([key, one], at) => (
          <Box key={key} className={classes.box} p={8}>
            <Group justify="space-between" wrap="nowrap" mb={4}>
              <Text size="sm" fw={500}>
                {labelOf(key)}{' '}
                <Text span size="xs" c="dimmed" fw={400}>
                  {t.becomes}
                </Text>
              </Text>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                onClick={() => set(entries.filter(([other]) => other !== key))}
                aria-label={`${t.remove}: ${labelOf(key)}`}
              >
                <IconTrash size={15} />
              </ActionIcon>
            </Group>
            <ValueEditor
              aria-label={labelOf(key)}
              error={errorWithin(problems, path + step(key))}
              value={one}
              module={from}
              context={context}
              beside={beside}
              target={target ? { module: target.key, field: key } : null}
              onChange={(next) =>
                set(entries.map((entry, index) => (index === at ? [key, next ?? null] : entry)))
              }
            />
          </Box>
        ))}
        <Select
          data={left.map((field) => ({
            value: field.key,
            label: field.required ? `${field.label} *` : field.label,
          }))}
          value={null}
          onChange={(key) => key && set([...entries, [key, null]])}
          searchable
          disabled={!target}
          placeholder={target ? (entries.length > 0 ? t.setField : t.setFirst) : t.chooseModuleFirst}
          aria-label={`${label}: ${t.setField}`}
          nothingFoundMessage={t.noFields}
        />
      </Stack>
    </Input.Wrapper>
  )
}

/** The rows beside whose fields can be taken: the run's own where values are of another record's. */
function besideOf(schema: Schema, context: FormContext, target: string | null, from: string | null) {
  const others = schema['x-others'] ?? []
  const isOther = schema['x-values'] !== undefined && from !== context.module
  return {
    ...(others.includes('target') ? { target: { ...NOWHERE, module: target } } : {}),
    ...(others.includes('record') && isOther ? { record: context } : {}),
  }
}
