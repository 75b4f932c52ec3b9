import { Box, Group, Text } from '@mantine/core'
import { InlineContext } from './inline'
import type { ObjectProps } from './ObjectForm'
import { PropertyInput } from './PropertyInput'
import { isYes, propertiesOf, withValue } from './schema'
import { errorAt, step, useSurroundings } from './surroundings'
import { useWay, WaySelect } from './WaySelect'

/** A choice with its one value beside it, as "A user: Andrew", "The record's owner". */
export function InlineWays({ schema, value, onChange, path, levels, label }: ObjectProps) {
  const { defs, problems } = useSurroundings()
  const [way, choose] = useWay({ schema, value, onChange })
  const [one] = propertiesOf(schema, defs).filter(
    (property) => way?.keys.includes(property.key) && !isYes(property.schema),
  )
  const error = errorAt(problems, path)
  return (
    <Box>
      <Group gap={6} align="flex-start" wrap="wrap">
        <Box flex="1 0 164px" maw={one ? 210 : undefined} miw={0}>
          <WaySelect schema={schema} way={way} onChoose={choose} label={label} inline />
        </Box>
        {one && (
          <Box flex="2 1 116px" miw={0}>
            <InlineContext.Provider value={true}>
              <PropertyInput
                key={one.key}
                schema={one.schema}
                value={value[one.key]}
                onChange={(next) => onChange(withValue(schema, value, one.key, next))}
                label={way && way.keys.length > 1 ? one.label : (way?.label ?? one.label)}
                path={path + step(one.key)}
                levels={[...levels, { schema, value }]}
              />
            </InlineContext.Provider>
          </Box>
        )}
      </Group>
      {error && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert" mt={3}>
          {error}
        </Text>
      )}
    </Box>
  )
}
