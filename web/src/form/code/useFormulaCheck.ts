import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type FieldProblem } from '../../api'
import { form as t } from '../../text/form'
import type { FormContext } from '../types'
import { usePreview } from '../usePreview'

export interface Known {
  problems: FieldProblem[]
  /** What it gives, in words. */
  says: string
}

/**
 * Whether a formula is right and what it gives: for the chosen record where there is one, otherwise its
 * type alone. Outputs of earlier blocks are known only where the whole workflow is sent along.
 */
export function useFormulaCheck(context: FormContext, formula: string): Known {
  const [asked] = useDebouncedValue(formula.trim(), 450)
  const module = context.module
  const withRecord = Boolean(context.document && context.node && context.record)
  const previewed = usePreview(context, withRecord && asked ? { formula: asked } : null)
  const checked = useQuery({
    queryKey: ['formula', module, asked],
    queryFn: async ({ signal }) =>
      (await api.checkFormula({ body: { module: module ?? '', formula: asked }, signal, throwOnError: true }))
        .data,
    enabled: !withRecord && module !== null && asked !== '',
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  }).data
  // What is still being typed is not called wrong.
  if (!asked || asked !== formula.trim()) return { problems: [], says: '' }
  if (withRecord) return { problems: previewed.problems, says: gives(previewed.rendered, previewed.type) }
  const needsRun = /\b(nodes|old)\./.test(asked)
  return {
    problems: needsRun ? [] : (checked?.problems ?? []),
    says: checked?.gives ? t.givesType(checked.gives) : '',
  }
}

function gives(rendered: string | null | undefined, type: string | null | undefined): string {
  if (rendered === undefined) return ''
  return rendered === null ? t.givesNothing : t.gives(rendered, type ?? '')
}
