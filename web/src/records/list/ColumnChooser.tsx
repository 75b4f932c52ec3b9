import { ActionIcon, Button, Checkbox, Group, Popover, ScrollArea, Stack, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconColumns3 } from '@tabler/icons-react'
import type { ModuleOut } from '../../api'
import { useMe } from '../../app/useMe'
import { records as t } from '../../text/records'
import { readableFields, usualColumns } from '../model'

interface Props {
  module: ModuleOut
  chosen: string[]
  /** null: as usual. */
  onChange: (columns: string[] | null) => void
}

/** Which fields a list shows, and in which order. */
export function ColumnChooser({ module, chosen, onChange }: Props) {
  const me = useMe()
  const fields = readableFields(module, me)
  const shown = chosen.flatMap((key) => fields.find((field) => field.key === key) ?? [])
  const hidden = fields.filter((field) => !chosen.includes(field.key))
  const move = (index: number, by: number) => {
    const next = [...chosen]
    const [moved] = next.splice(index, 1)
    if (moved === undefined) return
    next.splice(index + by, 0, moved)
    onChange(next)
  }
  return (
    <Popover width={300} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<IconColumns3 size={15} />}>
          {t.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.columns}>
        <Text size="xs" c="dimmed" mb="xs">
          {t.columnsAbout}
        </Text>
        <ScrollArea.Autosize mah={380} type="auto" offsetScrollbars="y">
          <Stack gap={4}>
            {shown.map((field, index) => (
              <Group key={field.key} justify="space-between" wrap="nowrap" gap={4}>
                <Checkbox
                  size="xs"
                  checked
                  label={field.label}
                  disabled={shown.length === 1}
                  onChange={() => onChange(chosen.filter((key) => key !== field.key))}
                />
                <Group gap={0} wrap="nowrap">
                  <ActionIcon
                    size="sm"
                    variant="subtle"
                    color="gray"
                    aria-label={t.moveUp(field.label)}
                    disabled={index === 0}
                    onClick={() => move(index, -1)}
                  >
                    <IconArrowUp size={14} />
                  </ActionIcon>
                  <ActionIcon
                    size="sm"
                    variant="subtle"
                    color="gray"
                    aria-label={t.moveDown(field.label)}
                    disabled={index === shown.length - 1}
                    onClick={() => move(index, 1)}
                  >
                    <IconArrowDown size={14} />
                  </ActionIcon>
                </Group>
              </Group>
            ))}
            {hidden.map((field) => (
              <Checkbox
                key={field.key}
                size="xs"
                checked={false}
                label={field.label}
                onChange={() => onChange([...chosen, field.key])}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
        <Button
          mt="xs"
          size="compact-xs"
          variant="subtle"
          disabled={chosen.join() === usualColumns(module, me).join()}
          onClick={() => onChange(null)}
        >
          {t.columnsReset}
        </Button>
      </Popover.Dropdown>
    </Popover>
  )
}
