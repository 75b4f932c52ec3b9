import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, asProblem, type FieldProblem } from '../api'
import type { FormContext } from './types'

type Content = { text: string } | { html: string } | { formula: string }

export interface Previewed {
  /** undefined: not asked, or not answered yet. */
  rendered?: string | null
  type?: string | null
  problems: FieldProblem[]
}

const NOTHING: Previewed = { problems: [] }

/** What a text or formula gives for the chosen record, asked of the server a moment after the last key. */
export function usePreview(context: FormContext, content: Content | null): Previewed {
  const [asked] = useDebouncedValue(content, 450)
  const { module, document, node, record } = context
  const able = asked !== null && (record !== null || (document !== null && module === null))
  const found = useQuery({
    queryKey: ['preview', module, node, record, asked],
    queryFn: async ({ signal }) => answer(context, asked ?? { text: '' }, signal),
    enabled: able && (document !== null || !('formula' in (asked ?? {}))),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  if (!asked || !content) return NOTHING
  if (found.error) return { problems: problemsOf(found.error) }
  return found.data ? { ...found.data, problems: [] } : NOTHING
}

async function answer(
  context: FormContext,
  content: Content,
  signal: AbortSignal,
): Promise<Omit<Previewed, 'problems'>> {
  const { module, document, node, record } = context
  if (document && node) {
    const body = { document: { ...document }, module, node, record_id: record, ...content }
    const { data } = await api.previewContent({ body, signal, throwOnError: true })
    return { rendered: data.rendered, type: data.type }
  }
  // A saved template has no workflow around it: its preview wants a whole mail, so the text is its body.
  const words = 'html' in content ? { html: content.html } : { text: 'text' in content ? content.text : '' }
  const body = { subject: '', ...words, module: module ?? '', record_id: record ?? '' }
  const { data } = await api.previewTemplate({ body, signal, throwOnError: true })
  return { rendered: 'html' in content ? data.html : data.text }
}

function problemsOf(error: unknown): FieldProblem[] {
  const problem = asProblem(error)
  if (problem.unreachable) return []
  return problem.problems.length > 0
    ? problem.problems
    : [{ code: problem.code, message: problem.message, path: '' }]
}
