import { ActionIcon, Box, JsonInput, Menu, Group as Row, Stack, Text } from '@mantine/core'
import { IconDots, IconTrash } from '@tabler/icons-react'
import { isObject } from '../form/value'
import { conditions as t } from '../text/conditions'
import { ChildrenPart } from './ChildrenPart'
import { Comparison } from './Comparison'
import classes from './conditions.module.css'
import { GroupEditor } from './GroupEditor'
import { useCondition } from './surroundings'
import { type Condition, groupOf, negated, ofGroup, shapeOf } from './tree'

export interface PartProps {
  part: Condition
  number: number
  /** Where it stands in the condition, as the server names places. */
  pointer: string
  module: string | null
  /** null takes it out. */
  onChange: (part: Condition | null) => void
  onDuplicate: () => void
}

/** One part of a group: a comparison, a question about child records, the opposite of one, or a group. */
export function Part({ part, number, pointer, module, onChange, onDuplicate }: PartProps) {
  const group = groupOf(part)
  if (group)
    return (
      <GroupEditor
        group={group}
        onChange={(next) => onChange(ofGroup(next))}
        module={module}
        pointer={pointer}
        onRemove={() => onChange(null)}
      />
    )
  const inner = isObject(part.not) ? part.not : null
  const isNot = inner !== null && shapeOf(part) === 'not'
  const shown = isNot && inner ? inner : part
  const set = (next: Condition) => onChange(isNot ? { ...part, not: next } : next)
  const place = isNot ? `${pointer}/not` : pointer
  return (
    <Box className={classes.part} data-testid={`condition-${number}`}>
      {isNot && (
        <Text size="xs" fw={600} mb={4}>
          {t.not}
        </Text>
      )}
      <Row gap={4} align="flex-start" wrap="nowrap">
        <Box flex={1} miw={0}>
          <Inner part={shown} number={number} pointer={place} module={module} onChange={set} />
        </Box>
        <PartMenu
          name={t.row(number)}
          isNot={isNot}
          onNegate={() => onChange(negated(part))}
          onWrap={() => onChange({ any: [part] })}
          onDuplicate={onDuplicate}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => onChange(null)}
          aria-label={t.remove(t.row(number))}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Row>
      <Problems pointer={pointer} />
    </Box>
  )
}

type InnerProps = Omit<PartProps, 'onChange' | 'onDuplicate'> & { onChange: (part: Condition) => void }

function Inner({ part, number, pointer, module, onChange }: InnerProps) {
  switch (shapeOf(part)) {
    case 'comparison':
      return <Comparison part={part} module={module} onChange={onChange} />
    case 'children':
      return <ChildrenPart part={part} module={module} onChange={onChange} pointer={pointer} />
    case 'not':
    case 'group':
      return (
        <Part
          part={part}
          number={number}
          pointer={pointer}
          module={module}
          onChange={(next) => onChange(next ?? { all: [] })}
          onDuplicate={() => undefined}
        />
      )
    default:
      return <AsStored part={part} onChange={onChange} />
  }
}

function AsStored({ part, onChange }: { part: Condition; onChange: (part: Condition) => void }) {
  return (
    <JsonInput
      description={t.json}
      aria-label={t.condition}
      defaultValue={JSON.stringify(part, null, 2)}
      autosize
      minRows={2}
      onBlur={(event) => {
        try {
          const read: unknown = JSON.parse(event.currentTarget.value)
          if (isObject(read)) onChange(read)
        } catch {
          // What cannot be read stays in the box until it can.
        }
      }}
    />
  )
}

interface MenuProps {
  name: string
  isNot: boolean
  onNegate: () => void
  onWrap: () => void
  onDuplicate: () => void
}

function PartMenu({ name, isNot, onNegate, onWrap, onDuplicate }: MenuProps) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t.more(name)}>
          <IconDots size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onNegate}>{isNot ? t.unnegate : t.negate}</Menu.Item>
        <Menu.Item onClick={onWrap}>{t.wrap}</Menu.Item>
        <Menu.Item onClick={onDuplicate}>{t.duplicate}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What the server said of this part; what it said of parts inside is shown there. */
function Problems({ pointer }: { pointer: string }) {
  const { problems } = useCondition()
  const own = problems.filter((one) => isOwn(one.path, pointer))
  if (own.length === 0) return null
  return (
    <Stack gap={0} mt={3} role="alert">
      {own.map((one) => (
        <Text key={one.path + one.message} size="xs" c="var(--mantine-color-error)">
          {[one.message, one.suggestion].filter(Boolean).join(' ')}
        </Text>
      ))}
    </Stack>
  )
}

function isOwn(path: string, pointer: string): boolean {
  if (path === pointer) return true
  // The editor of a formula says itself what is wrong with it.
  if (path.endsWith('/formula')) return false
  const below = path.startsWith(`${pointer}/`) ? path.slice(pointer.length) : ''
  return /^(\/not)?\/(field|operator|value|children|aggregate)(\/|$)/.test(below)
}
