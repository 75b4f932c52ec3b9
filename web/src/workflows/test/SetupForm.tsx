import { SegmentedControl, Stack, Switch, Text } from '@mantine/core'
import type { FieldProblem } from '../../api'
import { useModule, type Values } from '../../records/model'
import { test as t } from '../../text/trust'
import { ChangeInput } from './ChangeInput'
import { ChooseRecords } from './ChooseRecords'
import { MadeUpRecord } from './MadeUpRecord'
import type { Setup } from './setup'

interface Props {
  setup: Setup
  onChange: (part: Partial<Setup>) => void
  module: string | null
  filter: unknown
  /** Whether the trigger listens to changes. */
  changes: boolean
  problems?: FieldProblem[]
}

/** What to test on: records that there are, or one that is made up; what changes first. */
export function SetupForm({ setup, onChange, module, filter, changes, problems = [] }: Props) {
  const known = useModule(module ?? '')
  if (module === null)
    return (
      <Text size="sm" c="dimmed">
        {t.noModule}
      </Text>
    )
  const set = (values: Values, key: string, value: unknown) => ({ ...values, [key]: value })
  return (
    <Stack gap="md">
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={t.on}
        value={setup.on}
        onChange={(on) => onChange({ on: on === 'form' ? 'form' : 'records' })}
        data={[
          { value: 'records', label: t.onRecords },
          { value: 'form', label: t.onForm },
        ]}
      />
      {setup.on === 'records' ? (
        <ChooseRecords
          module={module}
          filter={filter}
          chosen={setup.records}
          onChange={(records) => onChange({ records })}
          onForm={() => onChange({ on: 'form' })}
        />
      ) : (
        known && (
          <MadeUpRecord
            module={known}
            values={setup.form}
            onChange={(key, value) => onChange({ form: set(setup.form, key, value) })}
            problems={under(problems, '/form')}
          />
        )
      )}
      {changes && known && (
        <ChangeInput
          module={known}
          values={setup.change}
          onChange={(change) => onChange({ change })}
          problems={under(problems, '/change')}
        />
      )}
      <Switch
        size="sm"
        label={t.anyway}
        description={t.anywayAbout}
        checked={setup.anyway}
        onChange={(event) => onChange({ anyway: event.currentTarget.checked })}
      />
    </Stack>
  )
}

/** The problems of one part of the request, at their places in it. */
function under(problems: FieldProblem[], place: string): FieldProblem[] {
  return problems
    .filter(({ path }) => path.startsWith(`${place}/`))
    .map((problem) => ({ ...problem, path: problem.path.slice(place.length) }))
}
