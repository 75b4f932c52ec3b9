import type { ReactFlowInstance } from '@xyflow/react'
import { createContext, useContext } from 'react'
import { createStore, type StoreApi, useStore } from 'zustand'
import type { CheckedDraft, Port } from '../api'
import type { FlowEdge, FlowNode } from './canvas/flow'
import { guessedExits, type Known } from './catalogue'
import {
  type Exit,
  edgeId,
  keysOf,
  type Position,
  type WorkflowDocument,
  type WorkflowNode,
} from './document'
import { type History, NO_HISTORY, noted, redone, undone } from './history'
import { type Draft, merge } from './merge'

export type View = 'canvas' | 'list'

/** What the editor asks in a menu or a dialog of its own. */
export type Asking =
  /** Which block to add: after an exit, at a place; the menu opens at a point of the window, or in the middle. */
  | { kind: 'add'; after?: Exit; place?: Position; screen?: { x: number; y: number } }
  /** Where an exit of this node leads. */
  | { kind: 'connect'; from: string }
  | { kind: 'help' }

/** The canvas that is on the screen, for what happens outside of it. */
export interface Surface {
  element: HTMLElement
  flow: ReactFlowInstance<FlowNode, FlowEdge>
}

/** Somebody who saved the workflow meanwhile: it may be oneself, in another window. */
export interface Other {
  name: string
  self: boolean
  at: number
}

/** The place of a form that is to be looked at: a problem was clicked. */
export interface Pointed {
  node: string | null
  path: string
}

/** Everything that the editor's parts share. */
export interface EditorState extends History {
  draft: Draft
  known: Known
  /** What the server said of the draft last; it may be a moment behind. */
  checked: CheckedDraft | null
  /** Why nothing can be changed; null: it can. */
  readOnly: string | null
  selected: readonly string[]
  /** The connection that is selected. */
  edge: string | null
  view: View
  /** The record that previews are made with. */
  record: { id: string; title: string } | null
  asking: Asking | null
  /** Who else saved this workflow last, and when that was heard. */
  other: Other | null
  pointed: Pointed | null
}

interface ChangeOptions {
  /** Changes with the same tag in short order are one step to undo. */
  tag?: string
  /** The nodes to select with it. */
  select?: readonly string[]
}

/** The editor's state, and what may be done to it. */
export class Editor {
  readonly store: StoreApi<EditorState>
  surface: Surface | null = null

  constructor(draft: Draft, known: Known, readOnly: string | null) {
    this.store = createStore<EditorState>(() => ({
      ...NO_HISTORY,
      draft,
      known,
      checked: null,
      readOnly,
      selected: [],
      edge: null,
      view: 'canvas',
      record: null,
      asking: null,
      other: null,
      pointed: null,
    }))
  }

  get state() {
    return this.store.getState()
  }
  get document() {
    return this.state.draft.document
  }

  /** Change anything of the draft, as one step to undo. */
  change(next: Draft, { tag, select }: ChangeOptions = {}) {
    const { draft, selected, readOnly, past, future, last } = this.state
    if (readOnly || next === draft) return
    const history = noted({ past, future, last }, { draft, selected }, tag, Date.now())
    const wanted = select ?? selected
    this.store.setState({ ...history, draft: next, ...this.chosen(next.document, wanted) })
  }

  /** Change the drawing. */
  draw(change: (document: WorkflowDocument) => WorkflowDocument, options?: ChangeOptions) {
    const { draft } = this.state
    const document = change(draft.document)
    if (document !== draft.document) this.change({ ...draft, document }, options)
    else if (options?.select) this.select(options.select)
  }

  /** Change the name, what is said, the module. */
  say(said: Partial<Omit<Draft, 'document'>>, tag?: string) {
    this.change({ ...this.state.draft, ...said }, { tag })
  }

  undo() {
    this.travel(undone(this.state, this.state))
  }
  redo() {
    this.travel(redone(this.state, this.state))
  }

  private travel(to: ReturnType<typeof undone>) {
    if (!to || this.state.readOnly) return
    const { draft, selected } = to.step
    this.store.setState({ ...to.history, draft, ...this.chosen(draft.document, selected) })
  }

  /** What somebody else saved takes the place of what is here; one's own steps stay, on top of theirs. */
  take(theirs: Draft, base: Draft) {
    const { past, selected } = this.state
    const kept = past.slice(-50).map((step) => ({ ...step, draft: merge(base, step.draft, theirs).draft }))
    this.store.setState({
      ...NO_HISTORY,
      past: kept,
      draft: theirs,
      ...this.chosen(theirs.document, selected),
    })
  }

  select(keys: readonly string[]) {
    const { selected, edge } = this.state
    const unchanged = selected.length === keys.length && keys.every((key, index) => selected[index] === key)
    if (!unchanged || edge !== null) this.store.setState({ selected: keys, edge: null })
  }

  ask(asking: Asking | null) {
    this.store.setState({ asking })
  }

  selectEdge(edge: string | null) {
    if (edge !== this.state.edge) this.store.setState(edge ? { edge, selected: [] } : { edge })
  }

  private chosen(document: WorkflowDocument, wanted: readonly string[]) {
    const keys = keysOf(document)
    const { edge } = this.state
    const selected = wanted.every((key) => keys.has(key)) ? wanted : wanted.filter((key) => keys.has(key))
    const kept = edge !== null && selected.length === 0 && document.edges.some((one) => edgeId(one) === edge)
    return { selected, edge: kept ? edge : null }
  }

  /** The exits of a node, as the server said or as is known until it does. */
  readonly exitsOf = (node: WorkflowNode): readonly Port[] => exitsIn(this.state, node)
}

export function exitsIn(
  { checked, known, draft }: Pick<EditorState, 'checked' | 'known' | 'draft'>,
  node: WorkflowNode,
): readonly Port[] {
  return (
    checked?.nodes.find((one) => one.key === node.key)?.ports ?? guessedExits(known, draft.document, node)
  )
}

const Context = createContext<Editor | null>(null)
export const EditorProvider = Context.Provider

export function useEditor(): Editor {
  const editor = useContext(Context)
  if (!editor) throw new Error('useEditor is for parts of the editor.')
  return editor
}

/** A part of the editor's state; the component is drawn again when that part changes. */
export function useEditorState<T>(select: (state: EditorState) => T): T {
  return useStore(useEditor().store, select)
}
