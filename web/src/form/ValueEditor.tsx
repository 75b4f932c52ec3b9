import { Box, Group, Input, Select, Stack } from '@mantine/core'
import { form as t } from '../text/form'
import { ConstantInput, ConstantsInput } from './ConstantInput'
import { FormulaInput } from './FormulaInput'
import { MomentInput } from './MomentInput'
import { type Typed, typedPath } from './names'
import { PathSelect } from './PathSelect'
import type { FormContext, InputProps } from './types'
import { useModules } from './useCatalogue'
import { type Beside, besidePath, firstOf, isObject, type Way, wayOfValue, waysFor } from './value'

interface Props extends InputProps<unknown> {
  /** Whose fields can be taken as the value. */
  module: string | null
  /** The field that the value is for; none: any type. */
  target?: { module: string; field: string } | null
  /** The type that the value is for, where it is no field's. */
  typed?: Typed | null
  context?: FormContext
  /** Several fixed values. */
  many?: boolean
  /** Rows beside it whose fields can be taken, too: where each stands. */
  beside?: Partial<Record<Beside, FormContext>>
  size?: 'xs' | 'sm'
}

/** A value as conditions and assignments have it: fixed, a field, today or now, or a formula. */
export function ValueEditor({ label, description, error, required, ...props }: Props) {
  const called = label ?? props['aria-label'] ?? t.value
  return (
    <Input.Wrapper
      label={label}
      description={description}
      error={error}
      withAsterisk={required}
      labelElement="div"
    >
      <Box mt={label ? 4 : 0}>
        <ValueParts {...props} called={called} invalid={Boolean(error)} />
      </Box>
    </Input.Wrapper>
  )
}

function ValueParts({
  value,
  onChange,
  module,
  target,
  typed,
  context,
  many = false,
  beside = NONE,
  called,
  invalid,
}: Omit<Props, 'label'> & { called: string; invalid: boolean }) {
  const modules = useModules()
  const wanted = typed ?? (target ? typedPath(modules, target.module, target.field) : null)
  const rows = (['target', 'record'] as const).filter((one) => beside[one])
  const way = wayOfValue(value, rows)
  const ways = waysFor(wanted, rows)
  const choose = (next: Way) => next !== way && onChange(next === 'fixed' && many ? [] : firstOf(next))
  const shared = { 'aria-label': called, error: invalid || undefined } as {
    'aria-label': string
    error?: never
  }
  return (
    <Group gap={6} align="flex-start" wrap="wrap">
      <Select
        aria-label={t.wayLabel(called)}
        data={(ways.includes(way) ? ways : [...ways, way]).map((one) => ({
          value: one,
          label: t.valueWay[one],
        }))}
        value={way}
        onChange={(next) => choose((next as Way | null) ?? 'fixed')}
        w={116}
        variant="filled"
      />
      <Box flex="1 1 120px" miw={0}>
        {way === 'fixed' && !many && (
          <ConstantInput {...shared} typed={wanted} value={value ?? null} onChange={onChange} />
        )}
        {way === 'fixed' && many && (
          <Several
            {...shared}
            typed={wanted}
            value={value}
            onChange={onChange}
            module={module}
            context={context}
            beside={beside}
          />
        )}
        {(way === 'record' || way === 'target') && (
          <PathSelect
            {...shared}
            module={beside[way]?.module ?? null}
            context={beside[way]}
            required
            value={isObject(value) ? String(value.field ?? '').replace(new RegExp(`^${way}\\.`), '') : ''}
            onChange={(path) => onChange({ field: besidePath(way, path ?? '') })}
          />
        )}
        {way === 'field' && (
          <PathSelect
            {...shared}
            module={module}
            context={context}
            required
            value={isObject(value) ? String(value.field ?? '') : ''}
            onChange={(path) => onChange({ field: path ?? '' })}
          />
        )}
        {way === 'moment' && (
          <MomentInput {...shared} withTime={wanted?.kind !== 'date'} value={value} onChange={onChange} />
        )}
        {way === 'formula' && (
          <FormulaInput
            {...shared}
            module={module}
            context={context}
            value={isObject(value) ? String(value.formula ?? '') : ''}
            onChange={(formula) => onChange({ formula })}
          />
        )}
      </Box>
    </Group>
  )
}

const NONE: Partial<Record<Beside, FormContext>> = {}

type SeveralProps = Pick<Props, 'module' | 'context' | 'value' | 'onChange' | 'aria-label' | 'beside'> & {
  typed: Typed | null
}

/** A list: fixed values in one input; each with its own way where one of them is not fixed. */
function Several({ typed, value, onChange, module, context, beside, ...input }: SeveralProps) {
  const items = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]
  if (items.every((item) => !isObject(item)))
    return <ConstantsInput {...input} typed={typed} value={items} onChange={onChange} />
  return (
    <Stack gap={6}>
      {items.map((item, at) => (
        <ValueEditor
          key={`item-${String(at)}`}
          aria-label={`${input['aria-label']} ${at + 1}`}
          typed={typed}
          value={item}
          module={module}
          context={context}
          beside={beside}
          onChange={(next) =>
            onChange(
              next === null
                ? items.filter((_one, other) => other !== at)
                : items.map((one, other) => (other === at ? next : one)),
            )
          }
        />
      ))}
    </Stack>
  )
}
