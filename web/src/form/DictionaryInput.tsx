import { ActionIcon, Box, Button, Group, Input, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { form as t } from '../text/form'
import { InlineContext } from './inline'
import { PropertyInput } from './PropertyInput'
import { blankOf, resolve } from './schema'
import { errorAt, step, useSurroundings, type WidgetProps } from './surroundings'
import { isObject } from './value'

/** Values by names that one makes up: each line a name and its value. */
export function DictionaryInput({
  schema,
  value,
  onChange,
  label,
  description,
  required,
  path,
  levels,
}: WidgetProps) {
  const { defs, problems } = useSurroundings()
  const entries = Object.entries(isObject(value) ? value : {})
  const item =
    typeof schema.additionalProperties === 'object' ? resolve(schema.additionalProperties, defs) : {}
  const set = (next: [string, unknown][]) =>
    onChange(next.length > 0 || required ? Object.fromEntries(next) : undefined)
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
          <Group key={`entry-${String(at)}`} gap={6} align="flex-start" wrap="nowrap">
            <TextInput
              aria-label={`${label}: ${t.key} ${at + 1}`}
              placeholder={t.key}
              value={key}
              w={130}
              onChange={(event) => {
                const name = event.currentTarget.value
                if (!entries.some(([other], index) => other === name && index !== at))
                  set(entries.map((entry, index) => (index === at ? [name, entry[1]] : entry)))
              }}
            />
            <Box flex={1} miw={0}>
              <InlineContext.Provider value={true}>
                <PropertyInput
                  schema={item}
                  value={one}
                  onChange={(next) =>
                    set(entries.map((entry, index) => (index === at ? [key, next ?? null] : entry)))
                  }
                  label={key || t.value}
                  path={path + step(key)}
                  levels={levels}
                />
              </InlineContext.Provider>
            </Box>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="md"
              onClick={() => set(entries.filter((_entry, index) => index !== at))}
              aria-label={t.removeItem(label, at + 1)}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </Group>
        ))}
        {!entries.some(([key]) => key === '') && (
          <Group>
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconPlus size={14} />}
              onClick={() => set([...entries, ['', blankOf(item)]])}
              aria-label={t.addTo(label)}
            >
              {t.add}
            </Button>
          </Group>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
