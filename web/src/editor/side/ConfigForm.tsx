import { Skeleton } from '@mantine/core'
import { Suspense, useEffect, useMemo, useRef } from 'react'
import type { DraftProblem } from '../../api'
import { lazy } from '../../app/lazy'
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
  const own = useEditorState((state) => state.draft.module)
  const known = useEditorState((state) => state.checked?.nodes.find((one) => one.key === node.key))
  // In a loop it is the item's. One that was just added is looked at in a moment.
  const module = known ? known.module : own
  const document = useEditorState((state) => state.draft.document)
  const record = useEditorState((state) => (module === own ? (state.record?.id ?? null) : null))
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

const FIELDS = ':is(input:not([type=hidden]), textarea, [contenteditable=true], button):not(:disabled)'

/** When a problem was clicked: its field, or the nearest one around it, comes into view and gets the focus. */
function usePointedField(key: string) {
  const editor = useEditor()
  const pointed = useEditorState((state) => state.pointed)
  const element = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    if (pointed?.node !== key) return
    const path = pointed.path.replace(IN_CONFIG, '')
    const message = editor.state.checked?.problems.find((one) => one.path === pointed.path)?.message
    let tries = 0
    const find = () => {
      const field = element.current && fieldOf(element.current, path, message)
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

/** The field that a problem is about: the one that says so, or the first that is wrong. */
function fieldOf(form: HTMLElement, path: string, message: string | undefined): HTMLElement | null {
  if (path === '') return form.querySelector<HTMLElement>(FIELDS)
  return (
    fieldSaying(form, message) ??
    form.querySelector<HTMLElement>(':is(input, textarea, [contenteditable=true])[aria-invalid=true]') ??
    form.querySelector<HTMLElement>(FIELDS)
  )
}

function fieldSaying(form: HTMLElement, message: string | undefined): HTMLElement | null {
  if (!message) return null
  const said = [...form.querySelectorAll<HTMLElement>('*')].findLast((one) =>
    one.textContent?.includes(message),
  )
  for (let around = said; around && around !== form; around = around.parentElement ?? undefined) {
    const field = around.querySelector<HTMLElement>(FIELDS)
    if (field) return field
  }
  return null
}
