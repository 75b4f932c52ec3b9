import { ActionIcon, Anchor, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { ApiProblem } from '../../api/problem'
import { t } from '../../text'
import { modules as words } from '../../text/modules'
import { keyFrom } from '../people/keys'
import { placed } from './FieldOptions'
import type { Options } from './options'
import { useFieldTypes } from './useFieldTypes'

interface Props {
  options: Options
  onChange: (options: Options) => void
  problem: ApiProblem | null
  isNew: boolean
}

interface Line {
  key: string
  label: string
  type: string
}

// What a line can begin with: types that need nothing but a name.
const SIMPLE = ['text', 'integer', 'decimal', 'money', 'boolean', 'date']

/** The first fields of one line. Afterwards the lines are a module of their own, with all its ways. */
export function LineFields({ options, onChange, problem, isNew }: Props) {
  const types = useFieldTypes().filter((type) => SIMPLE.includes(type.key))
  if (!isNew && typeof options.target === 'string')
    return (
      <Anchor component={Link} to={`/settings/modules/${options.target}`} size="sm">
        {words.toLines}
      </Anchor>
    )
  const lines = linesOf(options)
  const set = (next: Line[]) => onChange({ ...options, fields: next })
  const change = (at: number, line: Partial<Line>) =>
    set(lines.map((one, place) => (place === at ? { ...one, ...line } : one)))
  return (
    <Stack gap={6}>
      <div>
        <Text size="sm" fw={500}>
          {words.lineFields}
        </Text>
        <Text size="xs" c="dimmed">
          {words.lineFieldsAbout}
        </Text>
      </div>
      {placed(problem, '/options/fields') && (
        <Text size="xs" c="var(--mantine-color-error)">
          {placed(problem, '/options/fields')}
        </Text>
      )}
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line that is being typed has no name but its place
        <Group key={at} gap="xs" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            aria-label={words.name}
            value={line.label}
            onChange={(event) =>
              change(at, { label: event.currentTarget.value, key: keyFrom(event.currentTarget.value) })
            }
          />
          <Select
            w={160}
            aria-label={words.type}
            data={types.map((type) => ({ value: type.key, label: type.label }))}
            value={line.type}
            onChange={(type) => change(at, { type: type ?? 'text' })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${t.common.remove} ${line.label}`}
            onClick={() => set(lines.filter((_, place) => place !== at))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          onClick={() => set([...lines, { key: '', label: '', type: 'text' }])}
        >
          {words.addLineField}
        </Button>
      </Group>
    </Stack>
  )
}

function linesOf(options: Options): Line[] {
  return Array.isArray(options.fields) ? (options.fields as Line[]) : []
}
