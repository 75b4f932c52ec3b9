import { Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { api, type ModuleOut } from '../../api'
import type { ApiProblem } from '../../api/problem'
import { modules as words } from '../../text/modules'
import type { Options } from './options'

interface Props {
  module: ModuleOut
  options: Options
  onChange: (options: Options) => void
  problem: ApiProblem | null
}

/** The formula of a computed field; the server says what is wrong with it while it is typed. */
export function FormulaOption({ module, options, onChange, problem }: Props) {
  const expression = typeof options.expression === 'string' ? options.expression : ''
  const [asked] = useDebouncedValue(expression, 350)
  const checked = useQuery({
    queryKey: ['formula', module.key, asked],
    queryFn: async ({ signal }) =>
      (await api.checkFormula({ body: { module: module.key, formula: asked }, signal, throwOnError: true }))
        .data,
    enabled: asked.trim() !== '',
  })
  const wrong = checked.data?.problems[0]
  return (
    <>
      <Textarea
        label={words.formula}
        description={words.formulaAbout}
        required
        autosize
        minRows={2}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={expression}
        error={
          wrong
            ? [wrong.message, wrong.suggestion].filter(Boolean).join(' ')
            : problem?.at('/options/expression')
        }
        onChange={(event) => onChange({ expression: event.currentTarget.value })}
      />
      {checked.data?.gives && (
        <Text size="xs" c="dimmed">
          {words.gives(checked.data.gives)}
        </Text>
      )}
    </>
  )
}
