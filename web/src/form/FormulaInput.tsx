import { Input, Skeleton } from '@mantine/core'
import { Suspense } from 'react'
import { lazy } from '../app/lazy'
import { form as t } from '../text/form'
import { type FormContext, type InputProps, NOWHERE } from './types'
import { VariablePicker } from './VariablePicker'

const FormulaEditor = lazy(() =>
  import('./code/FormulaEditor').then((one) => ({ default: one.FormulaEditor })),
)

interface Props extends InputProps<string> {
  module: string | null
  context?: FormContext
}

/** A formula: fields and functions are completed as one types, mistakes are marked. */
export function FormulaInput({
  module,
  context,
  value,
  onChange,
  label,
  description,
  error,
  required,
  ...input
}: Props) {
  const here: FormContext = context?.module === module ? context : { ...NOWHERE, module }
  const called = label ?? input['aria-label'] ?? t.valueWay.formula
  return (
    <Input.Wrapper
      label={label}
      description={description}
      error={error}
      withAsterisk={required}
      labelElement="div"
    >
      <Suspense fallback={<Skeleton height={34} mt={label ? 4 : 0} />}>
        <FormulaEditor
          value={value}
          onChange={onChange}
          context={here}
          label={called}
          invalid={Boolean(error)}
          beside={(insert) => <VariablePicker context={here} as="formula" onPick={insert} into={called} />}
        />
      </Suspense>
    </Input.Wrapper>
  )
}
