import { Box, Button, Group, Input } from '@mantine/core'
import { form as t } from '../text/form'
import classes from './form.module.css'
import { InlineWays } from './InlineWays'
import { ObjectForm } from './ObjectForm'
import { isYes, propertiesOf, resolve } from './schema'
import { useSurroundings, type WidgetProps } from './surroundings'
import type { Config } from './types'
import { isObject } from './value'

/** An object inside an object; one that may be missing is added and removed. */
export function ObjectInput({
  schema,
  value,
  onChange,
  label,
  description,
  required,
  path,
  levels,
}: WidgetProps) {
  const { defs } = useSurroundings()
  const short = isShort(schema, defs)
  const there = isObject(value)
  if (!there && !required && !short)
    return (
      <Input.Wrapper label={label} description={description} labelElement="div">
        <Group mt={4}>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => onChange({})}
            aria-label={t.addTo(label)}
          >
            {t.add}
          </Button>
        </Group>
      </Input.Wrapper>
    )
  const shared = {
    schema,
    value: there ? value : {},
    onChange: (next: Config) => onChange(next),
    path,
    levels,
    label,
  }
  return (
    <Input.Wrapper label={label} description={description} withAsterisk={required} labelElement="div">
      <Box mt={4}>
        {short ? (
          <InlineWays {...shared} />
        ) : (
          <Box className={classes.box}>
            <ObjectForm {...shared} />
            {!required && (
              <Button
                mt="xs"
                size="compact-xs"
                variant="subtle"
                color="gray"
                onClick={() => onChange(undefined)}
              >
                {t.remove}
              </Button>
            )}
          </Box>
        )}
      </Box>
    </Input.Wrapper>
  )
}

/** Whether an object is one choice with one value beside it: a person, a recipient. */
export function isShort(schema: WidgetProps['schema'], defs: Record<string, WidgetProps['schema']>): boolean {
  const ways = schema['x-one-of']
  if (!ways) return false
  const keys = new Set(ways.flatMap((one) => one.keys))
  return (
    propertiesOf(schema, defs).every((one) => keys.has(one.key)) &&
    ways.every((one) => fitsOneLine(one.keys, schema, defs))
  )
}

function fitsOneLine(
  keys: string[],
  schema: WidgetProps['schema'],
  defs: Record<string, WidgetProps['schema']>,
): boolean {
  const shown = keys.filter((key) => {
    const raw = schema.properties?.[key]
    return raw && !isYes(resolve(raw, defs))
  })
  return shown.length <= 1
}
