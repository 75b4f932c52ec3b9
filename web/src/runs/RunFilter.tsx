import { CloseButton, Group, Pill, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listModulesOptions, listWorkflowsOptions } from '../api'
import { useMe } from '../app/useMe'
import { t } from '../text'
import { runs as words } from '../text/runs'
import { CAUSES, type KEYS, STATUSES } from './filter'

interface Props {
  params: URLSearchParams
  onChange: (params: URLSearchParams) => void
}

/** What is looked for: status, workflow, module, cause, days; kept in the page's address. */
export function RunFilter({ params, onChange }: Props) {
  const me = useMe()
  const modules = useQuery(listModulesOptions())
  const builds = me.administrator || me.builder
  const workflows = useQuery({ ...listWorkflowsOptions({ query: { limit: 200 } }), enabled: builds })
  const set = (key: (typeof KEYS)[number], value: string | null) => {
    const next = new URLSearchParams(params)
    if (value) next.set(key, value)
    else next.delete(key)
    onChange(next)
  }
  const choice = (
    key: (typeof KEYS)[number],
    label: string,
    placeholder: string,
    data: { value: string; label: string }[],
    width: number,
  ) => (
    <Select
      key={key}
      w={width}
      clearable
      searchable
      aria-label={label}
      placeholder={placeholder}
      data={data}
      value={params.get(key)}
      onChange={(value) => set(key, value)}
    />
  )
  const record = params.get('record_id')
  return (
    <Group mb="sm" gap="xs">
      {choice(
        'status',
        words.status,
        words.anyStatus,
        STATUSES.map((key) => ({ value: key, label: t.common.status[key] ?? key })),
        140,
      )}
      {builds &&
        choice(
          'workflow',
          words.workflow,
          words.anyWorkflow,
          (workflows.data?.items ?? []).map((flow) => ({ value: flow.key, label: flow.name })),
          220,
        )}
      {choice(
        'module',
        words.record,
        words.anyModule,
        (modules.data?.items ?? []).map((module) => ({ value: module.key, label: module.label_plural })),
        160,
      )}
      {choice(
        'started_by',
        words.cause,
        words.anyCause,
        CAUSES.map((key) => ({ value: key, label: words.causes[key] ?? key })),
        160,
      )}
      {(['since', 'until'] as const).map((key) => (
        <TextInput
          key={key}
          type="date"
          aria-label={words[key]}
          value={params.get(key) ?? ''}
          onChange={(event) => set(key, event.currentTarget.value)}
          rightSection={
            params.get(key) ? (
              <CloseButton
                size="sm"
                aria-label={`${t.common.remove}: ${words[key]}`}
                onClick={() => set(key, null)}
              />
            ) : undefined
          }
        />
      ))}
      {record && (
        <Pill
          withRemoveButton
          removeButtonProps={{ 'aria-label': t.common.remove, 'aria-hidden': false, tabIndex: 0 }}
          onRemove={() => set('record_id', null)}
        >
          {words.onRecord(record)}
        </Pill>
      )}
    </Group>
  )
}
