import { Skeleton } from '@mantine/core'
import { lazy, Suspense, useEffect, useMemo, useRef } from 'react'
import type { DraftProblem } from '../../api'
import { same, setConfig, type WorkflowNode } from '../document'
import { useEditor, useEditorState } from '../store'

const NodeForm = lazy(async () => ({ default: (await import('../../form')).NodeForm }))

interface Props {
  node: WorkflowNode
  schema: unknown
  /** The part of the configuration that the form is about, and the whole again from it. */
  value?: Record<string, unknown>
  whole?: (part: Record<string, unknown>) => Record<string, unknown>
}

const asItIs = (part: Record<string, unknown>) => part

/** The form of a block's or trigger's configuration, with what the server says of it. */
export function ConfigForm({ node, schema, value = node.config, whole = asItIs }: Props) {
  const editor = useEditor()
  const module = useEditorState((state) => state.draft.module)
  const document = useEditorState((state) => state.draft.document)
  const record = useEditorState((state) => state.record?.id ?? null)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const problems = useProblemsOf(node.key)
  const element = usePointedField(node.key)
  const context = useMemo(
    () => ({ module, document, node: node.key, record }),
    [module, document, node.key, record],
  )
  const change = (next: Record<string, unknown>) => {
    const changed = Object.keys({ ...value, ...next }).filter((key) => !same(value[key], next[key]))
    if (changed.length === 0) return
    editor.draw((now) => setConfig(now, node.key, whole(next)), { tag: `config ${node.key} ${changed}` })
  }
  return (
    <fieldset ref={element} disabled={readOnly} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <Suspense fallback={<Skeleton h={120} />}>
        <NodeForm schema={schema} value={value} onChange={change} context={context} problems={problems} />
      </Suspense>
    </fieldset>
  )
}

const IN_CONFIG = /^\/nodes\/\d+\/config/

/** What stands against a node's configuration, with paths that begin there. */
function useProblemsOf(key: string) {
  const problems = useEditorState((state) => state.checked?.problems)
  return useMemo(() => relative(problems?.filter((one) => one.node === key) ?? []), [problems, key])
}

export function relative(problems: readonly DraftProblem[]): DraftProblem[] {
  return problems
    .filter((one) => IN_CONFIG.test(one.path))
    .map((one) => ({ ...one, path: one.path.replace(IN_CONFIG, '') }))
}

const FIELDS = 'input:not([type=hidden]), textarea, select, [contenteditable=true], button'

/** When a problem was clicked: its field, or the nearest one around it, comes into view and gets the focus. */
function usePointedField(key: string) {
  const editor = useEditor()
  const pointed = useEditorState((state) => state.pointed)
  const element = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    if (pointed?.node !== key) return
    const path = pointed.path.replace(IN_CONFIG, '')
    let tries = 0
    const find = () => {
      const field = element.current && fieldAt(element.current, path)
      if (field) {
        field.scrollIntoView({ block: 'center' })
        field.focus({ preventScroll: true })
      } else if (++tries < 20) return
      clearInterval(timer)
      editor.store.setState({ pointed: null })
    }
    const timer = setInterval(find, 50)
    return () => clearInterval(timer)
  }, [editor, pointed, key])
  return element
}

/** The field whose place in the configuration is nearest to a path: itself, or what it lies in. */
function fieldAt(form: HTMLElement, path: string): HTMLElement | null {
  const steps = path.split('/').slice(1)
  for (let length = steps.length; length > 0; length--) {
    const at = `/${steps.slice(0, length).join('/')}`
    const id = `root_${steps.slice(0, length).join('_')}`
    const found =
      form.querySelector<HTMLElement>(`[data-path="${CSS.escape(at)}"]`) ??
      form.querySelector<HTMLElement>(`#${CSS.escape(id)}`)
    if (found) return found.matches(FIELDS) ? found : found.querySelector<HTMLElement>(FIELDS)
  }
  return steps.length === 0 ? form.querySelector<HTMLElement>(FIELDS) : null
}
