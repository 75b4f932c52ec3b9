import { useCallback, useRef, useState } from 'react'
import { type ApiProblem, api, asProblem, type Tested, type ToTest } from '../../api'
import type { WorkflowDocument } from '../../editor/document'

/** A test that was run: what was asked, on which drawing, and what came of it. */
export interface Tried {
  number: number
  document: WorkflowDocument
  module: string | null
  /** Whether the record was made up. */
  form: boolean
  tested: Tested
}

/** Running a test; it can be stopped, and what a stopped one says is not shown. */
export function useTest() {
  const [tried, setTried] = useState<Tried | null>(null)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const [busy, setBusy] = useState(false)
  const abort = useRef<AbortController | null>(null)
  const number = useRef(0)
  const run = useCallback(async (body: ToTest, document: WorkflowDocument) => {
    const mine = new AbortController()
    abort.current?.abort()
    abort.current = mine
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await api.testWorkflow({ body, signal: mine.signal, throwOnError: true })
      if (abort.current !== mine) return
      number.current += 1
      const form = body.form !== undefined && body.form !== null
      setTried({ number: number.current, document, module: body.module ?? null, form, tested: data })
    } catch (error) {
      if (abort.current === mine && !mine.signal.aborted) setProblem(asProblem(error))
    } finally {
      if (abort.current === mine) setBusy(false)
    }
  }, [])
  const stop = useCallback(() => {
    abort.current?.abort()
    abort.current = null
    setBusy(false)
  }, [])
  return { tried, problem, busy, run, stop }
}
