import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, asProblem, type ExampleOut, type FieldProblem, type OperatorOut } from '../api'
import { isComplete } from './operators'
import { type Condition, dependsOnRun, isEmpty } from './tree'

export interface Found {
  count: number
  atLeast: boolean
  total: number
  examples: ExampleOut[]
}

export type State = 'unfinished' | 'needs-run' | 'counting' | 'counted' | 'wrong'

export interface Known {
  state: State
  found: Found | null
  problems: FieldProblem[]
}

const NONE: FieldProblem[] = []
/** Names that only the whole workflow can explain: the editor's check does. */
const OF_THE_RUN = /\b(nodes|record|trigger|document)\.\w/

/**
 * How many records meet a condition now. Asked a moment after the last key; an answer that is no longer
 * wanted is not waited for.
 */
export function useMatches(
  module: string | null,
  value: Condition | null,
  operators: OperatorOut[],
  ofChange: boolean,
  enabled: boolean,
): Known {
  const condition = isEmpty(value) ? null : value
  const [asked] = useDebouncedValue(condition, 400)
  const changes = (key: string) => operators.some((one) => one.key === key && one.of_change)
  const whole = asked === null || isComplete(asked, operators)
  const needsRun = asked !== null && dependsOnRun(asked, changes)
  const able = enabled && module !== null && operators.length > 0 && whole
  const counted = useQuery({
    queryKey: ['matches', module, asked],
    queryFn: ({ signal }) => count(module ?? '', asked ?? {}, signal),
    enabled: able && !needsRun,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  })
  const checked = useQuery({
    queryKey: ['check', module, asked, ofChange],
    queryFn: async ({ signal }) =>
      (
        await api.checkCondition({
          body: { module: module ?? '', condition: asked, of_change: ofChange },
          signal,
          throwOnError: true,
        })
      ).data,
    enabled: able && needsRun && !OF_THE_RUN.test(JSON.stringify(asked)),
    retry: false,
  })
  const error = counted.isPlaceholderData ? null : counted.error
  const problems = useMemo(
    () => (error ? problemsOf(error) : (checked.data?.problems ?? NONE)),
    [error, checked.data],
  )
  if (!whole) return { state: 'unfinished', found: null, problems: NONE }
  if (needsRun) return { state: 'needs-run', found: null, problems }
  if (error) return { state: 'wrong', found: null, problems }
  const found = counted.data ?? null
  return { state: found && !counted.isPlaceholderData ? 'counted' : 'counting', found, problems: NONE }
}

async function count(module: string, condition: Condition, signal: AbortSignal): Promise<Found> {
  const { data } = await api.countMatches({ body: { module, condition }, signal, throwOnError: true })
  const { count: exact, at_least, total, examples } = data
  return { count: exact ?? at_least, atLeast: exact === null, total, examples }
}

function problemsOf(error: unknown): FieldProblem[] {
  const problem = asProblem(error)
  if (problem.unreachable) return NONE
  // Paths of a request stand below "condition" in some answers, and are relative to it in others.
  const found = problem.problems.map((one) => ({
    ...one,
    path: one.path.replace(/^\/condition(?=\/|$)/, ''),
  }))
  return found.length > 0 ? found : [{ code: problem.code, message: problem.message, path: '' }]
}
