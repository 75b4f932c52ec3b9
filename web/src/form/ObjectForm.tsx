import { Box, Collapse, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { form as t } from '../text/form'
import type { Level } from './about'
import { PropertyInput } from './PropertyInput'
import { isSpan, SpanInput } from './SpanInput'
import { defaultsOf, isSet, isShown, type Property, propertiesOf, withValue } from './schema'
import { errorAt, errorWithin, step, useSurroundings } from './surroundings'
import type { Config, Schema } from './types'
import { useWay, WaySelect } from './WaySelect'

export interface ObjectProps {
  schema: Schema
  value: Config
  onChange: (value: Config) => void
  path: string
  levels: Level[]
  /** What is chosen among several ways is said in this word. */
  label?: string
}

/** The properties of an object one below the other; rarely needed ones at the end, folded. */
export function ObjectForm({ schema, value, onChange, path, levels, label }: ObjectProps) {
  const { defs, problems } = useSurroundings()
  const [way, choose] = useWay({ schema, value, onChange })
  const grouped = new Set((schema['x-one-of'] ?? []).flatMap((one) => one.keys))
  const inWay = new Set(way?.keys)
  const defaults = defaultsOf(schema)
  const shown = propertiesOf(schema, defs).filter(
    (one) => isShown(one.schema, value, defaults) && (!grouped.has(one.key) || inWay.has(one.key)),
  )
  const here = [...levels, { schema, value }]
  const draw = (one: Property) =>
    one.key === 'amount' && isSpan(schema) ? (
      <SpanInput
        key={one.key}
        property={one}
        schema={schema}
        value={value}
        onChange={onChange}
        path={path}
        levels={here}
      />
    ) : (
      <PropertyInput
        key={one.key}
        schema={one.schema}
        value={value[one.key]}
        onChange={(next) => onChange(withValue(schema, value, one.key, next))}
        label={one.label}
        description={one.description}
        required={one.required || (inWay.has(one.key) && way?.keys[0] === one.key)}
        path={path + step(one.key)}
        levels={here}
      />
    )
  const drawn = isSpan(schema) ? shown.filter((one) => one.key !== 'unit') : shown
  const usual = drawn.filter((one) => !one.schema['x-advanced'])
  const rare = drawn.filter((one) => one.schema['x-advanced'])
  // The choice stands where the first of the properties stands that belong to it.
  const at = usual.findIndex((one) => grouped.has(one.key))
  const before = at < 0 ? (grouped.size > 0 ? usual.length : 0) : at
  return (
    <Stack gap="sm">
      {errorAt(problems, path) && path !== '' && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {errorAt(problems, path)}
        </Text>
      )}
      {usual.slice(0, before).map(draw)}
      {grouped.size > 0 && <WaySelect schema={schema} way={way} onChoose={choose} label={label} />}
      {usual.slice(before).map(draw)}
      {rare.length > 0 && (
        <Advanced
          set={rare.filter((one) => isSet(value[one.key])).length}
          wrong={rare.some((one) => errorWithin(problems, path + step(one.key)))}
        >
          {rare.map(draw)}
        </Advanced>
      )}
    </Stack>
  )
}

function Advanced({ set, wrong, children }: { set: number; wrong: boolean; children: React.ReactNode }) {
  const [opened, setOpened] = useState(false)
  const open = opened || wrong
  const id = useId()
  return (
    <Box>
      <UnstyledButton onClick={() => setOpened(!open)} aria-expanded={open} aria-controls={id}>
        <Group gap={4}>
          <IconChevronRight size={15} aria-hidden style={{ transform: open ? 'rotate(90deg)' : undefined }} />
          <Text size="sm">{t.advanced}</Text>
          {set > 0 && (
            <Text size="xs" c="dimmed">
              {t.advancedSet(set)}
            </Text>
          )}
        </Group>
      </UnstyledButton>
      <Collapse expanded={open} id={id}>
        {open && (
          <Stack gap="sm" mt="xs">
            {children}
          </Stack>
        )}
      </Collapse>
    </Box>
  )
}
