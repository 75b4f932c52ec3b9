import { Box, Group as Row, Select, Text } from '@mantine/core'
import type { OperatorOut } from '../api'
import { type Typed, typedPath } from '../form/names'
import { PathSelect } from '../form/PathSelect'
import { useModules } from '../form/useCatalogue'
import { ValueEditor } from '../form/ValueEditor'
import { conditions as t } from '../text/conditions'
import { operatorsFor, rightType, withField, withOperator } from './operators'
import { useCondition, useTyped } from './surroundings'
import type { Condition } from './tree'

interface Props {
  part: Condition
  module: string | null
  onChange: (part: Condition) => void
}

/** A field, what is asked of it, and what it is compared with. */
export function Comparison({ part, module, onChange }: Props) {
  const { context, operators } = useCondition()
  const modules = useModules()
  const field = String(part.field ?? '')
  const typed = useTyped(module, field)
  return (
    <Row gap={6} align="flex-start" wrap="wrap">
      <Box flex="1 1 150px" miw={0}>
        <PathSelect
          aria-label={t.field}
          module={module}
          context={context}
          required
          value={field}
          onChange={(next) =>
            onChange(withField(part, next ?? '', typed, typedPath(modules, module, next ?? ''), operators))
          }
        />
      </Box>
      <Compared part={part} typed={typed} module={module} onChange={onChange} ready={field !== ''} />
    </Row>
  )
}

interface ComparedProps extends Props {
  typed: Typed
  ready: boolean
}

/** The operator and what stands on its right. */
export function Compared({ part, typed, module, onChange, ready }: ComparedProps) {
  const { operators } = useCondition()
  const operator = operators.find((one) => one.key === part.operator)
  return (
    <>
      <Box flex="1 1 140px" miw={0}>
        <OperatorSelect
          operator={String(part.operator ?? '')}
          typed={typed}
          disabled={!ready}
          onChange={(key) => onChange(withOperator(part, key, operators))}
        />
      </Box>
      {ready && operator && operator.right !== 'none' && (
        <Box flex="2 1 250px" miw={0}>
          <RightSide
            operator={operator}
            typed={typed}
            value={part.value}
            module={module}
            onChange={(value) => onChange({ ...part, value })}
          />
        </Box>
      )}
    </>
  )
}

interface OperatorProps {
  operator: string
  typed: Typed
  disabled: boolean
  onChange: (key: string) => void
}

function OperatorSelect({ operator, typed, disabled, onChange }: OperatorProps) {
  const { operators, ofChange } = useCondition()
  const fitting = operatorsFor(operators, typed.kind, ofChange)
  const own = operators.find((one) => one.key === operator)
  const all = own && !fitting.includes(own) ? [...fitting, own] : fitting
  const items = (wanted: (one: OperatorOut) => boolean) =>
    all.filter(wanted).map((one) => ({ value: one.key, label: one.label }))
  const exactly = items((one) => one.key.endsWith('_exactly'))
  const changes = items((one) => one.of_change)
  const data = [
    ...items((one) => !one.of_change && !one.key.endsWith('_exactly')),
    ...(exactly.length > 0 ? [{ group: t.caseCounts, items: exactly }] : []),
    ...(changes.length > 0 ? [{ group: t.ofChange, items: changes }] : []),
  ]
  return (
    <Select
      aria-label={t.operator}
      data={data}
      value={operator || null}
      onChange={(next) => next && onChange(next)}
      placeholder={t.chooseOperator}
      disabled={disabled}
      maxDropdownHeight={320}
      comboboxProps={{ shadow: 'md', width: 'max-content', position: 'bottom-start' }}
    />
  )
}

interface RightProps {
  operator: OperatorOut
  typed: Typed
  value: unknown
  module: string | null
  onChange: (value: unknown) => void
}

function RightSide({ operator, typed, value, module, onChange }: RightProps) {
  const { context, run } = useCondition()
  const beside = run ? { record: run } : {}
  const shared = { typed: rightType(operator, typed), module, context, beside }
  switch (operator.right) {
    case 'list':
      return <ValueEditor {...shared} aria-label={t.value} many value={value ?? []} onChange={onChange} />
    case 'pair': {
      const [low = null, high = null] = Array.isArray(value) ? value : [value]
      return (
        <>
          <ValueEditor
            {...shared}
            aria-label={t.from}
            value={low}
            onChange={(next) => onChange([next, high])}
          />
          <Text size="xs" c="dimmed" my={2}>
            {t.and}
          </Text>
          <ValueEditor
            {...shared}
            aria-label={t.to}
            value={high}
            onChange={(next) => onChange([low, next])}
          />
        </>
      )
    }
    case 'days':
      return (
        <>
          <ValueEditor {...shared} aria-label={t.daysFromNow} value={value ?? null} onChange={onChange} />
          <Text size="xs" c="dimmed" mt={2}>
            {t.daysHelp}
          </Text>
        </>
      )
    default:
      return <ValueEditor {...shared} aria-label={t.value} value={value ?? null} onChange={onChange} />
  }
}
