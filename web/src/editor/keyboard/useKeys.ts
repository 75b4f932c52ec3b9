import { useEffect } from 'react'
import { sayDone } from '../../parts/saying'
import { editor as t } from '../../text/editor'
import {
  arrange,
  copySelected,
  type Direction,
  duplicateSelected,
  nudge,
  pasteText,
  removeSelected,
  show,
  walk,
} from '../operations'
import type { Editor } from '../store'

const ARROWS: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

/** The keys of the editor. In fields and dialogs keys mean what they always do. */
export function useKeys(editor: Editor, page: React.RefObject<HTMLElement | null>, enabled: boolean) {
  useEffect(() => {
    if (!enabled) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return
      if (event.key === 'Escape' && isInForm(event.target)) return editor.surface?.element.focus()
      if (!isOurs(event, page.current)) return
      const act = actOf(editor, event, isOnCanvas(editor, event.target), page.current)
      if (!act) return
      event.preventDefault()
      act()
    }
    const onCopy = (event: ClipboardEvent) => {
      if (!isOurs(event, page.current) || window.getSelection()?.isCollapsed === false) return
      const text = copySelected(editor)
      if (text === null) return
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
      if (event.type === 'cut') removeSelected(editor)
      else sayDone(t.copied(editor.state.selected.length))
    }
    const onPaste = (event: ClipboardEvent) => {
      if (!isOurs(event, page.current)) return
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (pasteText(editor, text)) event.preventDefault()
      else if (text.trim()) sayDone(t.notBlocks)
    }
    document.addEventListener('keydown', onKeyDown)
    document.addEventListener('copy', onCopy)
    document.addEventListener('cut', onCopy)
    document.addEventListener('paste', onPaste)
    return () => {
      document.removeEventListener('keydown', onKeyDown)
      document.removeEventListener('copy', onCopy)
      document.removeEventListener('cut', onCopy)
      document.removeEventListener('paste', onPaste)
    }
  }, [editor, page, enabled])
}

const EDITABLE = 'input, textarea, select, [contenteditable=true], [role=combobox]'

/** Whether the event is for the drawing: not for a field, nor for a dialog or menu that lies over it. */
function isOurs(event: Event, page: HTMLElement | null): boolean {
  const { target } = event
  if (!(target instanceof Element) || !page) return false
  if (target !== document.body && !page.contains(target)) return false
  if (target.matches(EDITABLE) || (target instanceof HTMLElement && target.isContentEditable)) return false
  return document.querySelector('[role=dialog][aria-modal=true], [role=menu]') === null
}

/** In a field at the right whose own list of choices is not open. */
function isInForm(target: EventTarget | null): boolean {
  if (!(target instanceof Element) || target.getAttribute('aria-expanded') === 'true') return false
  return target.closest('[data-testid=side-panel]') !== null
}

/** On the canvas, or nowhere in particular: single letters and arrows are for the drawing. */
function isOnCanvas(editor: Editor, target: EventTarget | null): boolean {
  if (target === document.body) return true
  return target instanceof Node && editor.surface?.element.contains(target) === true
}

function actOf(
  editor: Editor,
  event: KeyboardEvent,
  onCanvas: boolean,
  page: HTMLElement | null,
): (() => void) | null {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (event.ctrlKey || event.metaKey) return withControl(editor, key, event.shiftKey)
  if (event.altKey) return null
  if (key === '?') return () => editor.ask({ kind: 'help' })
  if (!onCanvas) return null
  const direction = ARROWS[key]
  if (direction && event.shiftKey) return () => nudge(editor, direction)
  if (direction) return () => shown(editor, walk(editor, direction))
  return onItsOwn(editor, key, page)
}

function shown(editor: Editor, key: string | undefined) {
  if (key) show(editor, key)
}

function withControl(editor: Editor, key: string, shift: boolean): (() => void) | null {
  if (key === 'z') return () => (shift ? editor.redo() : editor.undo())
  if (key === 'y') return () => editor.redo()
  if (key === 'd') return () => duplicateSelected(editor)
  if (key === 'a') return () => editor.select(editor.document.nodes.map((node) => node.key))
  return null
}

function onItsOwn(editor: Editor, key: string, page: HTMLElement | null): (() => void) | null {
  const { selected, readOnly } = editor.state
  const one = selected.length === 1 ? selected[0] : undefined
  if (key === 'Escape') return () => editor.select([])
  if (key === 'Enter') return () => focusForm(page)
  if (key === 'f')
    return () => void editor.surface?.flow.fitView({ padding: 0.15, maxZoom: 1, duration: 150 })
  if (key === '+') return () => void editor.surface?.flow.zoomIn()
  if (key === '-') return () => void editor.surface?.flow.zoomOut()
  if (readOnly) return null
  if (key === '/' || key === 'a') return () => editor.ask({ kind: 'add' })
  if (key === 'c' && one) return () => editor.ask({ kind: 'connect', from: one })
  if (key === 'Delete' || key === 'Backspace') return () => removeSelected(editor)
  if (key === 'l') return () => arrange(editor)
  return null
}

/** Into the first field of the form at the right. */
function focusForm(page: HTMLElement | null) {
  page
    ?.querySelector<HTMLElement>(
      '[data-testid=side-panel] :is(input, textarea, [contenteditable=true]):not([disabled], [type=hidden])',
    )
    ?.focus()
}
