import { Box, Input, Skeleton } from '@mantine/core'
import { Suspense } from 'react'
import { lazy } from '../app/lazy'
import { form as t } from '../text/form'
import { textOf } from './ConstantInput'
import { useCalled } from './inline'
import { errorAt, useSurroundings, type WidgetProps } from './surroundings'
import { isObject } from './value'

const ScriptEditor = lazy(() => import('./code/ScriptEditor').then((one) => ({ default: one.ScriptEditor })))

/** JavaScript. What the inputs beside it are called is offered after "input.". */
export function ScriptInput({ label, description, required, path, levels, value, onChange }: WidgetProps) {
  const { problems } = useSurroundings()
  const called = useCalled(label, description)
  const error = errorAt(problems, path)
  const beside = levels.at(-1)?.value.inputs
  const inputs = (Array.isArray(beside) ? beside : []).flatMap((one) =>
    isObject(one) && typeof one.name === 'string' ? [one.name] : [],
  )
  return (
    <Input.Wrapper {...called} error={error} withAsterisk={required} labelElement="div">
      <Box my={4}>
        <Suspense fallback={<Skeleton height={180} />}>
          <ScriptEditor
            value={textOf(value)}
            onChange={(next) => onChange(next || (required ? '' : undefined))}
            label={label}
            invalid={Boolean(error)}
            placeholder={t.scriptPlaceholder}
            inputs={inputs}
          />
        </Suspense>
      </Box>
    </Input.Wrapper>
  )
}
