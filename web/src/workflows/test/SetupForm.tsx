import { SegmentedControl, Stack, Switch, Text, Textarea } from '@mantine/core'
import type { FieldProblem } from '../../api'
import { useModule, type Values } from '../../records/model'
import { hooks as words } from '../../text/hooks'
import { test as t } from '../../text/trust'
import { ChangeInput } from './ChangeInput'
import { ChooseRecords } from './ChooseRecords'
import { MadeUpRecord } from './MadeUpRecord'
import { readArrived, type Setup } from './setup'

interface Props {
  setup: Setup
  onChange: (part: Partial<Setup>) => void
  module: string | null
  filter: unknown
  /** Whether the trigger listens to changes. */
  changes: boolean
  /** The example of what another program would send, for a workflow that one starts. */
  arrives: string | null
  problems?: FieldProblem[]
}

/** What to test on: records that there are, or one that is made up; what changes first. */
export function SetupForm({ setup, onChange, module, filter, changes, arrives, problems = [] }: Props) {
  const known = useModule(module ?? '')
  const anyway = (
    <Switch
      size="sm"
      label={t.anyway}
      description={t.anywayAbout}
      checked={setup.anyway}
      onChange={(event) => onChange({ anyway: event.currentTarget.checked })}
    />
  )
  if (arrives !== null)
    return (
      <Stack gap="md">
        <Arrival
          text={setup.arrived ?? arrives}
          onChange={(arrived) => onChange({ arrived })}
          problems={under(problems, '/arrived')}
        />
        {anyway}
      </Stack>
    )
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
      {anyway}
    </Stack>
  )
}

interface ArrivalProps {
  text: string
  onChange: (text: string) => void
  problems: FieldProblem[]
}

/** What another program would send. */
function Arrival({ text, onChange, problems }: ArrivalProps) {
  const wrong = problems.map(({ path, message }) => `${path || words.place('')}: ${message}`)
  return (
    <Textarea
      label={words.toSend}
      description={words.toSendAbout}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
      autosize
      minRows={6}
      maxRows={20}
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
      error={readArrived(text) === null ? words.notJson : wrong.join(' ') || undefined}
    />
  )
}

/** The problems of one part of the request, at their places in it. */
function under(problems: FieldProblem[], place: string): FieldProblem[] {
  return problems
    .filter(({ path }) => path.startsWith(`${place}/`))
    .map((problem) => ({ ...problem, path: problem.path.slice(place.length) }))
}
