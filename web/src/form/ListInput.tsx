import { ActionIcon, Box, Button, Group, Input, Stack } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { form as t } from '../text/form'
import classes from './form.module.css'
import { InlineWays } from './InlineWays'
import { InlineContext } from './inline'
import { ObjectForm } from './ObjectForm'
import { isShort } from './ObjectInput'
import { PropertyInput } from './PropertyInput'
import { blankOf, resolve } from './schema'
import { errorAt, step, useSurroundings, type WidgetProps } from './surroundings'
import type { Schema } from './types'
import { isObject } from './value'

/** A list of things: one is added, removed, moved up and down. */
export function ListInput({
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
  const items: unknown[] = Array.isArray(value) ? value : []
  const item = resolve(schema.items ?? {}, defs)
  // A list that must not be empty shows its first line at once; the configuration gets it when it is filled in.
  const shown = items.length === 0 && (schema.minItems ?? 0) > 0 ? [blankOf(item)] : items
  const set = (next: unknown[]) => onChange(next.length > 0 || required ? next : undefined)
  const move = (from: number, to: number) => {
    const next = [...items]
    next.splice(to, 0, ...next.splice(from, 1))
    set(next)
  }
  const full = items.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY)
  return (
    <Input.Wrapper
      label={label}
      description={description}
      withAsterisk={required}
      error={errorAt(problems, path)}
      labelElement="div"
    >
      <Stack gap={6} mt={4}>
        {shown.length > 0 && (
          <Stack gap={6} role="list" aria-label={label}>
            {shown.map((one, at) => (
              <Group key={`line-${String(at)}`} gap={4} align="flex-start" wrap="nowrap" role="listitem">
                <Box flex={1} miw={0}>
                  <Item
                    schema={item}
                    value={one}
                    label={`${label} ${at + 1}`}
                    path={path + step(at)}
                    levels={levels}
                    onChange={(next) => set(shown.map((old, other) => (other === at ? next : old)))}
                  />
                </Box>
                <LineButtons
                  label={label}
                  number={at + 1}
                  onUp={at > 0 ? () => move(at, at - 1) : undefined}
                  onDown={at < items.length - 1 ? () => move(at, at + 1) : undefined}
                  onRemove={
                    items.length > at ? () => set(items.filter((_old, other) => other !== at)) : undefined
                  }
                />
              </Group>
            ))}
          </Stack>
        )}
        {!full && (
          <Group>
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconPlus size={14} />}
              onClick={() => set([...shown, blankOf(item)])}
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

type ItemProps = Omit<WidgetProps, 'schema'> & { schema: Schema }

function Item({ schema, value, onChange, label, path, levels }: ItemProps) {
  const { defs } = useSurroundings()
  const shared = { schema, onChange, label, path, levels }
  if (schema.type !== 'object' || !schema.properties)
    return (
      <InlineContext.Provider value={true}>
        <PropertyInput {...shared} value={value} />
      </InlineContext.Provider>
    )
  const object = isObject(value) ? value : {}
  if (isShort(schema, defs)) return <InlineWays {...shared} value={object} />
  return (
    <Box className={classes.box}>
      <InlineContext.Provider value={false}>
        <ObjectForm {...shared} value={object} />
      </InlineContext.Provider>
    </Box>
  )
}

interface ButtonProps {
  label: string
  number: number
  onUp?: () => void
  onDown?: () => void
  onRemove?: () => void
}

/** Move and remove one line; buttons that would do nothing are left out. */
export function LineButtons({ label, number, onUp, onDown, onRemove }: ButtonProps) {
  const shared = { variant: 'subtle', color: 'gray', size: 'md' } as const
  return (
    <Group gap={0} wrap="nowrap" mt={4}>
      {onUp && (
        <ActionIcon {...shared} onClick={onUp} aria-label={t.moveUp(number)}>
          <IconArrowUp size={15} />
        </ActionIcon>
      )}
      {onDown && (
        <ActionIcon {...shared} onClick={onDown} aria-label={t.moveDown(number)}>
          <IconArrowDown size={15} />
        </ActionIcon>
      )}
      {onRemove && (
        <ActionIcon {...shared} onClick={onRemove} aria-label={t.removeItem(label, number)}>
          <IconTrash size={15} />
        </ActionIcon>
      )}
    </Group>
  )
}
