import { ActionIcon, Box, Button, Group as Row, Select, Stack, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { childrenAround } from '../form/names'
import { useModules } from '../form/useCatalogue'
import { conditions as t } from '../text/conditions'
import classes from './conditions.module.css'
import { Part } from './Part'
import { useCondition } from './surroundings'
import { BLANK, type Condition, type Group, JUNCTIONS, type Junction, replaced } from './tree'

interface Props {
  group: Group
  onChange: (group: Group) => void
  module: string | null
  /** Where the group stands in the condition, as the server names places. */
  pointer: string
  root?: boolean
  /** A single part that stands without a group around it. */
  bare?: boolean
  onRemove?: () => void
  /** What is said of a root group without parts. */
  empty?: string
}

const WITHIN: Record<Junction, string> = { all: '/all', any: '/any', none: '/not/any', not_all: '/not/all' }

/** Conditions that go together: all, at least one, none, or not all of them. */
export function GroupEditor({ group, onChange, module, pointer, root, bare, onRemove, empty }: Props) {
  const { compact } = useCondition()
  const { junction, parts } = group
  const set = (next: Condition[]) => onChange({ ...group, parts: next })
  const needsJunction = parts.length > 1 || !root || junction !== 'all'
  const plain = root && compact
  return (
    <Box className={plain ? undefined : classes.group} data-root={root || undefined}>
      <Stack gap={6}>
        {needsJunction && (
          <Row gap={4} justify="space-between" wrap="nowrap">
            <Select
              size="xs"
              variant="filled"
              fw={500}
              w={230}
              aria-label={t.junction}
              data={JUNCTIONS.map((one) => ({ value: one, label: t.junctions[one] }))}
              value={junction}
              onChange={(next) => next && onChange({ ...group, junction: next as Junction })}
            />
            {onRemove && (
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={onRemove}
                aria-label={t.remove(t.addGroup.toLowerCase())}
              >
                <IconTrash size={15} />
              </ActionIcon>
            )}
          </Row>
        )}
        {parts.length === 0 && (
          <Text size="sm" c="dimmed">
            {root ? (empty ?? t.empty) : t.emptyGroup}
          </Text>
        )}
        {parts.map((part, at) => {
          const place = bare ? pointer : `${pointer}${WITHIN[junction]}/${at}`
          return (
            <Part
              key={place}
              part={part}
              number={at + 1}
              pointer={place}
              module={module}
              onChange={(next) => set(replaced(parts, at, next))}
              onDuplicate={() =>
                set([...parts.slice(0, at + 1), structuredClone(part), ...parts.slice(at + 1)])
              }
            />
          )
        })}
        <AddButtons module={module} onAdd={(part) => set([...parts, part])} />
      </Stack>
    </Box>
  )
}

function AddButtons({ module, onAdd }: { module: string | null; onAdd: (part: Condition) => void }) {
  const modules = useModules()
  const children = childrenAround(modules, module)
  const button = (label: string, part: Condition) => (
    <Button
      key={label}
      size="compact-xs"
      variant="subtle"
      leftSection={<IconPlus size={13} aria-hidden />}
      onClick={() => onAdd(structuredClone(part))}
      aria-label={t.addLabel(label)}
      disabled={!module}
    >
      {label}
    </Button>
  )
  return (
    <Row gap={2}>
      {button(t.addComparison, BLANK)}
      {button(t.addGroup, { any: [BLANK] })}
      {children.length > 0 &&
        button(t.addChildren, { children: children[0]?.value, aggregate: 'any', where: { all: [BLANK] } })}
    </Row>
  )
}
