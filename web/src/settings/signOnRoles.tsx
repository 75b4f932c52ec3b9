import { ActionIcon, Button, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { listRolesOptions, type SingleSignOnIn, type SingleSignOnOut } from '../api'
import { signOn as t } from '../text/signOn'

/** A value of the claim, and what it gives; while it is typed, a value may be empty or stand twice. */
export interface Row {
  id: number
  value: string
  roles: string[]
}

let lastRow = 0

/** What is set as rows to edit. */
export const rowsOf = (roles: Record<string, string[]>): Row[] =>
  Object.entries(roles).map(([value, keys]) => ({ id: ++lastRow, value, roles: keys }))

/** The rows as they are kept: without a value there is nothing to give. */
export const rolesOf = (rows: readonly Row[]): Record<string, string[]> =>
  Object.fromEntries(rows.filter((row) => row.value.trim()).map((row) => [row.value.trim(), row.roles]))

/** What is set, for the form; without what only the server shows. */
export function draftOf(provider: SingleSignOnOut['provider']): SingleSignOnIn {
  const { has_secret: _, ...kept } = (provider ?? {}) as Partial<SingleSignOnIn> & { has_secret?: boolean }
  return {
    name: '',
    issuer: '',
    client_id: '',
    scopes: ['openid', 'profile', 'email'],
    email_claim: 'email',
    name_claim: 'name',
    ...kept,
  }
}

interface RoleSelectProps {
  label?: string
  'aria-label'?: string
  value: string[]
  onChange: (keys: string[]) => void
}

/** Some of the roles that there are. */
export function RoleSelect(props: RoleSelectProps) {
  const found = useQuery({ ...listRolesOptions({ query: { limit: 200 } }), staleTime: 60_000 })
  const data = (found.data?.items ?? []).map((role) => ({ value: role.key, label: role.name }))
  return <MultiSelect searchable data={data} {...props} />
}

interface RoleMapProps {
  shown: boolean
  rows: Row[]
  onChange: (rows: Row[]) => void
}

/** Which roles come of which value of the claim. */
export function RoleMap({ shown, rows, onChange }: RoleMapProps) {
  if (!shown)
    return (
      <Text size="sm" c="dimmed">
        {t.roleClaimAbout}
      </Text>
    )
  const set = (id: number, change: Partial<Row>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...change } : row)))
  return (
    <Stack gap={6}>
      {rows.map((row) => (
        <Group key={row.id} gap="xs" wrap="nowrap" align="flex-start">
          <TextInput
            w={220}
            aria-label={t.value}
            placeholder={t.value}
            value={row.value}
            onChange={(event) => set(row.id, { value: event.currentTarget.value })}
          />
          <div style={{ flex: 1 }}>
            <RoleSelect aria-label={t.gives} value={row.roles} onChange={(roles) => set(row.id, { roles })} />
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t.removeValue(row.value)}
            onClick={() => onChange(rows.filter((one) => one.id !== row.id))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group justify="space-between">
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...rows, { id: ++lastRow, value: '', roles: [] }])}
        >
          {t.addValue}
        </Button>
        <Text size="xs" c="dimmed">
          {t.rolesHint}
        </Text>
      </Group>
    </Stack>
  )
}
