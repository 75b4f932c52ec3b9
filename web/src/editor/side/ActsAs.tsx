import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listRolesOptions } from '../../api'
import { editor as t } from '../../text/editor'
import { useEditorState } from '../store'
import { usePointedAt } from './usePointedAt'

/** No role has this key: the publisher's own rights. */
const PUBLISHER = '-'

interface Props {
  value: string | null
  onChange: (role: string | null) => void
}

/** With whose rights the runs act: the publisher's, or only what a role leaves of them. */
export function ActsAs({ value, onChange }: Props) {
  const disabled = useEditorState((state) => state.readOnly !== null)
  const problem = useEditorState((state) =>
    state.checked?.problems.find((one) => one.path === '/settings/acts_as'),
  )
  const found = useQuery({ ...listRolesOptions({ query: { limit: 200 } }), staleTime: 60_000 })
  const element = usePointedAt<HTMLInputElement>('/settings/acts_as')
  const roles = (found.data?.items ?? [])
    .filter((role) => !role.administrator || role.key === value)
    .map((role) => ({ value: role.key, label: role.name }))
    .sort((one, other) => one.label.localeCompare(other.label))
  const named = roles.find((role) => role.value === value)
  const unnamed = value !== null && !named ? [{ value, label: value }] : []
  const about = value === null ? t.actsAsPublisherAbout : t.actsAsRoleAbout(named?.label ?? value)
  const error = value === null ? undefined : problem?.message
  return (
    <Select
      ref={element}
      label={t.actsAs}
      description={error ? undefined : about}
      error={error}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      size="sm"
      searchable
      allowDeselect={false}
      nothingFoundMessage={t.actsAsNothing}
      disabled={disabled}
      data={[
        { value: PUBLISHER, label: t.actsAsPublisher },
        { group: t.actsAsRoles, items: [...roles, ...unnamed] },
      ]}
      value={value ?? PUBLISHER}
      onChange={(chosen) => onChange(chosen === PUBLISHER ? null : chosen)}
    />
  )
}
