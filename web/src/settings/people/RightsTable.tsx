import { Button, NativeSelect, Popover, ScrollArea, SimpleGrid, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listModulesOptions, type ModuleOut, type ModuleRights, type Role } from '../../api'
import { people } from '../../text/people'

const words = people.roles
const ACTIONS = ['read', 'create', 'update', 'delete'] as const
type Action = (typeof ACTIONS)[number]
type Level = 'none' | 'read' | 'write'
const CLOSED: ModuleRights = { read: 'none', create: 'none', update: 'none', delete: 'none', fields: {} }

interface Props {
  modules: Role['modules']
  onChange: (modules: Role['modules']) => void
}

/** For each module: what may be done to which records, and which fields are closed. */
export function RightsTable({ modules, onChange }: Props) {
  const found = useQuery(listModulesOptions())
  const shown = (found.data?.items ?? []).filter((module) => !module.parent_field)
  const set = (key: string, change: Partial<ModuleRights>) =>
    onChange({ ...modules, [key]: { ...CLOSED, ...modules[key], ...change } })
  return (
    <Table withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{words.module}</Table.Th>
          {ACTIONS.map((action) => (
            <Table.Th key={action}>{words.actions[action]}</Table.Th>
          ))}
          <Table.Th>{words.fields}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {shown.map((module) => {
          const rights = { ...CLOSED, ...modules[module.key] }
          return (
            <Table.Tr key={module.key}>
              <Table.Td>{module.label_plural}</Table.Td>
              {ACTIONS.map((action) => (
                <Table.Td key={action}>
                  <NativeSelect
                    size="xs"
                    aria-label={`${module.label_plural}: ${words.actions[action]}`}
                    data={extents(action, module)}
                    value={rights[action] ?? 'none'}
                    onChange={(event) => set(module.key, { [action]: event.currentTarget.value })}
                  />
                </Table.Td>
              ))}
              <Table.Td>
                <FieldRights
                  module={module}
                  fields={rights.fields ?? {}}
                  onChange={(fields) => set(module.key, { fields })}
                />
              </Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}

/** "Own" makes sense where records have an owner, and for nothing that is only now created. */
function extents(action: Action, module: ModuleOut) {
  const all = (['none', 'own', 'all'] as const).map((value) => ({ value, label: words.extents[value] }))
  return all.filter(({ value }) => value !== 'own' || (action !== 'create' && module.owner_field !== null))
}

interface FieldRightsProps {
  module: ModuleOut
  fields: Record<string, Level>
  onChange: (fields: Record<string, Level>) => void
}

function FieldRights({ module, fields, onChange }: FieldRightsProps) {
  const limited = Object.keys(fields).length
  const set = (key: string, level: string) => {
    const { [key]: _, ...rest } = fields
    onChange(level === 'none' || level === 'read' ? { ...rest, [key]: level } : rest)
  }
  return (
    <Popover width={340} shadow="md" trapFocus returnFocus closeOnEscape>
      <Popover.Target>
        <Button size="compact-xs" variant={limited ? 'light' : 'subtle'}>
          {limited ? words.fieldsLimited(limited) : words.allOpen}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <ScrollArea.Autosize mah={320}>
          <SimpleGrid cols={2} spacing={6} verticalSpacing={4}>
            {module.fields.map((field) => [
              <Text key={`${field.key}-label`} size="sm" truncate>
                {field.label}
              </Text>,
              <NativeSelect
                key={field.key}
                size="xs"
                // Escape closes this list, and not the drawer around it.
                data-mantine-stop-propagation="true"
                aria-label={field.label}
                data={(['write', 'read', 'none'] as const).map((value) => ({
                  value,
                  label: words.fieldLevels[value],
                }))}
                value={fields[field.key] ?? 'write'}
                onChange={(event) => set(field.key, event.currentTarget.value)}
              />,
            ])}
          </SimpleGrid>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
